/**
 * Ids of papers as people write them, brought to one form.
 * arXiv's schemes: https://info.arxiv.org/help/arxiv_identifier.html; DOI names: ISO 26324.
 */

export interface ArxivRef {
  /** Without version: `2401.01234`, `hep-th/9901001`. */
  id: string;
  version?: number;
}

const arxivHosts = /^(?:[a-z0-9-]+\.)*(?:arxiv\.org|alphaxiv\.org|huggingface\.co|hf\.co)$/;
const semanticScholarHosts = /^(?:www\.|api\.|pdfs\.)?semanticscholar\.org$/;
const newStyle = /^(\d{1,2})(\d{2})\.(\d{1,5})(?:v([1-9]\d{0,2}))?$/;
const oldStyle = /^([a-z]+(?:-[a-z]+)?)(?:\.[a-z]{2})?\/(\d{2})(\d{2})(\d{3})(?:v([1-9]\d{0,2}))?$/;

/** DOIs that arXiv registers for its own papers; they name the arXiv id, not a venue's copy. */
const ARXIV_DOI_PREFIX = '10.48550/arxiv.';

/** Longest text looked at: a URL with tracking parameters fits, a paragraph doesn't. */
const MAX_ID_LENGTH = 2_048;

/**
 * The arXiv id in a bare id, `arXiv:…`, arXiv's own DOI, or a URL of arxiv.org, huggingface.co/papers or
 * alphaxiv.org; null for anything else. Lost trailing zeros of new-style ids are put back (some JSON
 * writers take `2401.01230` for a number): five digits after the dot from 2015 on, four before.
 */
export function parseArxivId(text: string): ArxivRef | null {
  const bare = bareArxivId(text);
  if (bare === null) return null;
  const modern = newStyle.exec(bare);
  if (modern) {
    const [, yy, mm, number, version] = modern;
    const year = Number(yy);
    // Of the years before 2010 such a writer takes the first digit too.
    if (yy!.length === 1 && (year < 7 || number!.length < 3)) return null;
    // The scheme began in April 2007; its two-digit years end in 2099.
    if (!isMonth(mm!) || year < 7 || (year === 7 && Number(mm) < 4)) return null;
    const digits = year >= 15 ? 5 : 4;
    if (number!.length > digits) return null;
    return arxivRef(`${yy!.padStart(2, '0')}${mm}.${number!.padEnd(digits, '0')}`, version);
  }
  const old = oldStyle.exec(bare);
  if (!old || !isMonth(old[3]!)) return null;
  return arxivRef(`${old[1]}/${old[2]}${old[3]}${old[4]}`, old[5]);
}

function arxivRef(id: string, version: string | undefined): ArxivRef {
  return version === undefined ? { id } : { id, version: Number(version) };
}

function isMonth(mm: string): boolean {
  const month = Number(mm);
  return month >= 1 && month <= 12;
}

function bareArxivId(text: string): string | null {
  let value = tidy(text).toLowerCase();
  if (value === '' || value.length > MAX_ID_LENGTH) return null;
  const url = webUrl(value);
  if (url) {
    if (isDoiHost(url.hostname)) value = decodePath(url.pathname).slice(1);
    else if (arxivHosts.test(url.hostname)) value = arxivPath(url);
    else if (semanticScholarHosts.test(url.hostname)) value = semanticScholarPath(url);
    else return null;
  }
  value = value.replace(/^doi:\s*/, '');
  if (value.startsWith(ARXIV_DOI_PREFIX)) value = value.slice(ARXIV_DOI_PREFIX.length);
  return value.replace(/^arxiv\s*:\s*/, '').replace(/\s*\[[a-z-]+(?:\.[a-z-]+)?\]$/, '');
}

/** `/arxiv/ID`, `/graph/v1/paper/arXiv:ID`, `/paper/DOI:10.…`: the id with its prefix, as it stands there; else ''. */
function semanticScholarPath(url: URL): string {
  const path = decodePath(url.pathname);
  return /\/(?:arxiv[/:]|doi[/:])(.+)$/i.exec(path)?.[1] ?? '';
}

/**
 * What a page of Semantic Scholar says of its paper in its address: words of the title, then names of authors; null for
 * anything else. Long titles are shortened there, and the id behind is known to nobody else.
 */
export function semanticScholarWords(text: string): string | null {
  const url = webUrl(tidy(text));
  if (url === null || !semanticScholarHosts.test(url.hostname.toLowerCase())) return null;
  const slug = /^\/paper\/([^/]+)\/[0-9a-f]{40}\/?$/i.exec(decodePath(url.pathname))?.[1];
  return slug === undefined ? null : slug.replaceAll('-', ' ');
}

/** `/abs/ID`, `/pdf/ID.pdf`, `/html/IDv2`, `/papers/ID`, `/paper/ID`, `/overview/ID`, `/list` and others: ''. */
function arxivPath(url: URL): string {
  const match =
    /^\/(?:[a-z]{2}\/)?(?:abs|pdf|html|ps|format|e-print|src|papers|paper|overview|audio|resources|benchmarks)\/(.+?)(?:\.pdf|\.ps\.gz)?\/?$/.exec(
      decodePath(url.pathname),
    );
  return match?.[1] ?? '';
}

/**
 * The DOI in a bare DOI, `doi:…`, or a URL whose path holds one; lower case, as DOI names compare without
 * regard to case. arXiv's own DOIs give null: they are arXiv ids.
 */
export function parseDoi(text: string): { doi: string } | null {
  let value = tidy(text);
  if (value === '' || value.length > MAX_ID_LENGTH) return null;
  const url = webUrl(value);
  if (url) {
    const path = decodePath(url.pathname);
    const match = isDoiHost(url.hostname)
      ? /^\/(10\..+)$/.exec(path)
      : semanticScholarHosts.test(url.hostname.toLowerCase())
        ? /\/doi[/:](10\..+)$/i.exec(path)
        : /\/doi\/(?:abs\/|full\/|pdf\/|epdf\/|book\/)?(10\..+)$/.exec(path);
    if (!match) return null;
    value = match[1]!;
  }
  value = value
    .replace(/^doi\s*:\s*/i, '')
    .replace(/^[<(["']+|[>)\]"'.,;]+$/g, (found) => balancedTail(value, found))
    .toLowerCase();
  if (
    !/^10\.\d{4,9}(?:\.\d+)*\/[^\s<>"\p{Cc}\p{Cs}]{1,500}$/u.test(value) ||
    value.startsWith(ARXIV_DOI_PREFIX)
  )
    return null;
  return { doi: value };
}

/** A closing parenthesis that belongs to the DOI stays: `10.1016/s0031-8914(53)80099-6(2)`. */
function balancedTail(whole: string, found: string): string {
  const opened = (whole.match(/\(/g) ?? []).length;
  const closed = (whole.match(/\)/g) ?? []).length;
  return found === ')' && opened === closed ? found : '';
}

/** The public id under which a paper is known: the first of arXiv id, DOI, hash of the title. */
export function publicIdOf(paper: { arxivId: string | null; doi: string | null; titleId: string }): string {
  return paper.arxivId ?? (paper.doi === null ? paper.titleId : doiPublicId(paper.doi));
}

export function doiPublicId(doi: string): string {
  return `doi:${doi}`;
}

/**
 * What a person or a link may call a paper, as the public id to look up: any spelling of an arXiv id or a
 * DOI, or a title id. Null where the text is none of these.
 */
export function normalizePaperRef(text: string): string | null {
  const arxiv = parseArxivId(text);
  if (arxiv) return arxiv.id;
  const doi = parseDoi(text);
  if (doi) return doiPublicId(doi.doi);
  const trimmed = text.trim();
  return /^t:[0-9a-v]{8,52}$/.test(trimmed) ? trimmed : null;
}

function tidy(text: string): string {
  return text.normalize('NFKC').trim();
}

function webUrl(value: string): URL | null {
  const candidate =
    /^(?:www\.)?(?:arxiv\.org|alphaxiv\.org|huggingface\.co|hf\.co|semanticscholar\.org|(?:dx\.)?doi\.org)\//i.test(
      value,
    )
      ? `https://${value}`
      : value;
  if (!/^https?:\/\//i.test(candidate)) return null;
  try {
    return new URL(candidate);
  } catch {
    return null;
  }
}

function isDoiHost(host: string): boolean {
  return host === 'doi.org' || host === 'dx.doi.org' || host === 'www.doi.org';
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
