/** The operators' HTTP side of the mock. */
async function readJson(request) {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body ? JSON.parse(body) : {};
}

export function createApi(desk) {
  return async function api(request, response, pathname) {
    const send = (status, value) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    };
    await readJson(request);
    send(404, { detail: `no ${pathname} in the mock (${desk.conversations.size} conversations)` });
  };
}
