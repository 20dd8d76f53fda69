// The subset of Markdown that Teams draws; everything is escaped first, so only these tags can come out.

const escape = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.codePointAt(0)};`);

function inline(text) {
  return escape(text)
    .replace(/\[([^\]\n]+)\]\(((?:https?:\/\/|mailto:)[^\s)]+)\)/g, '<a href="$2" target="_blank" rel="noopener noreferrer">$1</a>')
    .replace(/`([^`\n]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^\s*](?:[^*\n]*[^\s*])?)\*\*/g, '<strong>$1</strong>')
    .replace(/(^|[\s(])_([^\s_](?:[^_\n]*[^\s_])?)_(?=$|[\s).,;:!?])/g, '$1<em>$2</em>')
    .replace(/(^|[\s(])\*([^\s*](?:[^*\n]*[^\s*])?)\*(?=$|[\s).,;:!?])/g, '$1<em>$2</em>');
}

function list(lines, tag, mark) {
  return `<${tag}>${lines.map((line) => `<li>${inline(line.replace(mark, ''))}</li>`).join('')}</${tag}>`;
}

const BULLET = /^\s*[-*+]\s+/;
const NUMBER = /^\s*\d+[.)]\s+/;

export function markdown(text) {
  const out = [];
  for (const block of text.replace(/\r\n?/g, '\n').split(/\n{2,}/)) {
    let lines = [];
    let kind = '';
    const flush = () => {
      if (!lines.length) return;
      if (kind === 'ul') out.push(list(lines, 'ul', BULLET));
      else if (kind === 'ol') out.push(list(lines, 'ol', NUMBER));
      else out.push(`<p>${lines.map(inline).join('<br>')}</p>`);
      lines = [];
    };
    for (const line of block.split('\n')) {
      const next = BULLET.test(line) ? 'ul' : NUMBER.test(line) ? 'ol' : 'p';
      if (next !== kind) flush();
      kind = next;
      if (line.trim()) lines.push(line);
    }
    flush();
  }
  return out.join('');
}

const ALLOWED = new Set(['B', 'STRONG', 'I', 'EM', 'U', 'S', 'BR', 'P', 'UL', 'OL', 'LI', 'CODE', 'PRE', 'AT', 'DIV', 'SPAN']);

// Messages of format "xml": a parsed document is inert, and only known elements are copied, without attributes.
export function sanitized(html) {
  const source = new DOMParser().parseFromString(html, 'text/html').body;
  const target = document.createDocumentFragment();
  copy(source, target);
  return target;
}

function copy(from, to) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) to.append(node.textContent);
    else if (node.nodeType === Node.ELEMENT_NODE && ALLOWED.has(node.tagName)) {
      const element = document.createElement(node.tagName === 'AT' ? 'span' : node.tagName);
      if (node.tagName === 'AT') element.className = 'at';
      copy(node, element);
      to.append(element);
    } else if (!['SCRIPT', 'STYLE'].includes(node.tagName)) copy(node, to);
  }
}
