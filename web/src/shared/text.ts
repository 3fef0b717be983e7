/** Plain text into paragraphs, lists and links, as values. Nothing here, and nothing after it, parses HTML. */

export type Inline =
  | { kind: "text"; text: string }
  | { kind: "strong"; text: string }
  | { kind: "link"; text: string; href: string };

export type Block =
  { kind: "paragraph"; lines: Inline[][] } | { kind: "list"; ordered: boolean; items: Inline[][] };

const SCHEMES = new Set(["http:", "https:", "mailto:"]);
const INLINE =
  /\[([^\]\n]+)\]\(([^\s)]+)\)|\*\*([^*\n]+)\*\*|(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]*])|([\w.+-]+@[\w-]+(?:\.[\w-]+)+)/g;
const ITEM = /^\s*(?:[-*•]|(\d{1,2})[.)])\s+(.*)$/;

/** The address if it may be linked (http, https, mailto, or relative to the page), else null. */
export function safeHref(address: string): string | null {
  const trimmed = address.trim();
  if (!trimmed || !URL.canParse(trimmed, "https://page.invalid")) return null;
  return SCHEMES.has(new URL(trimmed, "https://page.invalid").protocol) ? trimmed : null;
}

/** True for a link that leaves the page; such links open a new tab. */
export function isExternal(href: string): boolean {
  return /^(https?:)?\/\//i.test(href);
}

function link(text: string, address: string): Inline {
  const href = safeHref(address);
  return href === null ? { kind: "text", text } : { kind: "link", text, href };
}

/** One line of text: links, addresses and **bold**; everything else stays as it is. */
export function parseInline(line: string): Inline[] {
  const out: Inline[] = [];
  let end = 0;
  for (const match of line.matchAll(INLINE)) {
    if (match.index > end) out.push({ kind: "text", text: line.slice(end, match.index) });
    const [whole, title, target, bold, address, mail] = match;
    if (title && target) out.push(link(title, target));
    else if (bold) out.push({ kind: "strong", text: bold });
    else if (address) out.push(link(address, address));
    else if (mail) out.push(link(mail, `mailto:${mail}`));
    end = match.index + whole.length;
  }
  if (end < line.length) out.push({ kind: "text", text: line.slice(end) });
  return out;
}

/** Paragraphs are separated by blank lines; lines that begin with a dash, dot or number are list items. */
export function parseText(text: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | null = null;
  for (const line of text.split(/\r?\n/)) {
    if (!line.trim()) {
      open = null;
      continue;
    }
    const next = extend(open, line);
    if (next !== open) blocks.push(next);
    open = next;
  }
  return blocks;
}

function extend(open: Block | null, line: string): Block {
  const item = ITEM.exec(line);
  if (item) {
    const ordered = item[1] !== undefined;
    const list: Block =
      open?.kind === "list" && open.ordered === ordered ? open : { kind: "list", ordered, items: [] };
    list.items.push(parseInline(item[2] ?? ""));
    return list;
  }
  const paragraph: Block = open?.kind === "paragraph" ? open : { kind: "paragraph", lines: [] };
  paragraph.lines.push(parseInline(line.trim()));
  return paragraph;
}
