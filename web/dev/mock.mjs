/**
 * A stand-in for the server, for working on the front-end: serves bot/static, speaks /ws, /ws/operator and /api.
 * Keeps everything in memory. `npm run mock`, then http://127.0.0.1:8090 (PORT is honoured); any operator token works.
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { createApi } from "./mock-api.mjs";
import { createDesk } from "./mock-desk.mjs";

const STATIC = process.env.STATIC ?? fileURLToPath(new URL("../../bot/static/", import.meta.url));
const DEV = fileURLToPath(new URL("./", import.meta.url));
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
const PAGES = { "/": "index.html", "/console": "console.html" };

const desk = createDesk();
const api = createApi(desk);

const http = createServer(async (request, response) => {
  const url = new URL(request.url, "http://mock");
  const { pathname } = url;
  if (pathname.startsWith("/api/")) return api(request, response, url);
  const file =
    pathname === "/host.html" ? join(DEV, "host.html") : join(STATIC, PAGES[pathname] ?? pathname.slice(1));
  try {
    const body = await readFile(file);
    response.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      // As strict as a shop could be: the widget must work under it.
      "content-security-policy": "default-src 'self'; connect-src 'self' ws:; frame-ancestors 'none'",
    });
    response.end(body);
  } catch {
    response.writeHead(404).end("not found");
  }
});

const sockets = new WebSocketServer({ noServer: true });
http.on("upgrade", (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (ws) => {
    if (request.url === "/ws/operator") desk.operatorConnected(ws);
    else desk.customerConnected(ws);
  });
});

const port = Number(process.env.PORT ?? 8090);
http.listen(port, "127.0.0.1", () => console.log(`mock on http://127.0.0.1:${port}`));
