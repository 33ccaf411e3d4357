/** Reads the XML documents of S3: object listings and errors. */
import { parseXml, XmlElement } from "@rgrove/parse-xml";

export interface S3ErrorDocument {
  readonly code: string;
  readonly message: string;
  readonly requestId?: string | undefined;
  /** The right region, in errors about a wrong one. */
  readonly region?: string | undefined;
}

export interface ListedObject {
  /** Key of the object. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** ETag without its quotes. */
  readonly etag: string;
  /** When it was written. */
  readonly lastModified: Date;
}

export interface ListPage {
  readonly objects: readonly ListedObject[];
  /** Null: the last page. */
  readonly next: string | null;
}

/** Null for what is no error document: a proxy's page, an empty body. */
export function parseErrorDocument(text: string): S3ErrorDocument | null {
  if (text.trim() === "") return null;
  try {
    const root = rootOf(text);
    const code = textOf(root, "Code");
    if (root.name !== "Error" || code === undefined) return null;
    return { code, message: textOf(root, "Message") ?? "", requestId: textOf(root, "RequestId"), region: textOf(root, "Region") };
  } catch {
    return null;
  }
}

/** A page of ListObjectsV2. Throws for anything else, so that a strange answer never reads as an empty bucket. */
export function parseListPage(text: string): ListPage {
  const root = rootOf(text);
  if (root.name !== "ListBucketResult") throw new TypeError(`the document is a <${root.name}>`);
  const decode = textOf(root, "EncodingType") === "url" ? decodeKey : (key: string): string => key;
  const truncated = textOf(root, "IsTruncated") === "true";
  const next = textOf(root, "NextContinuationToken");
  if (truncated && next === undefined) throw new TypeError("there is more to list, but no continuation token");
  return { objects: childrenOf(root, "Contents").map((entry) => objectOf(entry, decode)), next: truncated && next ? next : null };
}

/** Reads the answer to a copy, which may be an error although its status is 200. */
export function parseCopyResult(text: string): string | S3ErrorDocument {
  const root = rootOf(text);
  const etag = textOf(root, "ETag");
  if (root.name === "CopyObjectResult" && etag !== undefined) return plainEtag(etag);
  return parseErrorDocument(text) ?? { code: "InternalError", message: `the document is a <${root.name}>` };
}

/** Without the quotation marks. */
export function plainEtag(etag: string): string {
  return etag.replace(/^(W\/)?"(.*)"$/, "$2");
}

function objectOf(entry: XmlElement, decode: (key: string) => string): ListedObject {
  const key = textOf(entry, "Key");
  const lastModified = new Date(textOf(entry, "LastModified") ?? "");
  const size = Number(textOf(entry, "Size"));
  if (key === undefined || Number.isNaN(lastModified.getTime()) || Number.isNaN(size))
    throw new TypeError("an object has no readable key, time or size");
  return { key: decode(key), size, etag: plainEtag(textOf(entry, "ETag") ?? ""), lastModified };
}

/** Servers write a blank as '+' or as '%20'; a plus sign itself is always '%2B'. */
function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll("+", " "));
}

function rootOf(text: string): XmlElement {
  const { root } = parseXml(text);
  if (!root) throw new TypeError("the document is empty");
  return root;
}

function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child): child is XmlElement => child instanceof XmlElement && child.name === name);
}

function textOf(element: XmlElement, name: string): string | undefined {
  return childrenOf(element, name)[0]?.text;
}
