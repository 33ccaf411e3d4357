/** Folders as single small files: tar, compressed by Brotli with a window so large that files which hold the same cost once. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";

const TAR = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
const MAX_BYTES = 256 * 1024 * 1024;

export function packFolder(folder: string, file: string): void {
  const tar = execFileSync("tar", [...TAR, "-C", folder, "-cf", "-", "."], { maxBuffer: MAX_BYTES });
  const params = {
    [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: tar.length,
  };
  writeFileSync(file, brotliCompressSync(tar, { params }));
}

export function unpackFolder(file: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  execFileSync("tar", ["-C", folder, "-xf", "-"], { input: brotliDecompressSync(readFileSync(file)) });
}
