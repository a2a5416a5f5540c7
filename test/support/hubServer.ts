/** @file A hub of our own for tests, which speaks the Hugging Face hub's API: model information, `resolve` with redirects to a
 *  second host, ranges, ETags, gates and refusals. Tests make it misbehave through `faults`. */

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

export interface Faults {
  /** Break the connection after so many bytes of the body, the next `times` times that the file is asked for. */
  cut?: { name: string; after: number; times: number };
  /** Answers before anything else, one after the other. */
  first?: { status: number; headers?: Record<string, string> }[];
  /** Sent instead of the file's contents; the listing stays. */
  lies?: Map<string, Uint8Array>;
  /** The listing gives these sizes. */
  sizes?: Map<string, number>;
  gated?: boolean;
  /** Send nothing after the headers. */
  silent?: boolean;
  /** Ignore Range. */
  noRange?: boolean;
  etag?: string;
}

export interface Asked {
  readonly host: "hub" | "store";
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
}

export interface HubServer {
  readonly endpoint: string;
  readonly asked: Asked[];
  faults: Faults;
  commit: string;
  /** Files by name; large ones (above 1000 bytes) lie in the second host. */
  files: Map<string, Uint8Array>;
  close(): Promise<void>;
}

const hex = (algorithm: string, ...parts: (string | Uint8Array)[]) => {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};
const isLarge = (bytes: Uint8Array) => bytes.length > 1000;
const gitSum = (bytes: Uint8Array) => hex("sha1", `blob ${bytes.length}\0`, bytes);

export async function startHub(repo: string, files: Map<string, Uint8Array>): Promise<HubServer> {
  const asked: Asked[] = [];
  const hub = createServer((request, response) => answer("hub", request, response));
  const store = createServer((request, response) => answer("store", request, response));
  const [port, storePort] = [await listen(hub), await listen(store)];
  const server: HubServer = {
    endpoint: `http://localhost:${port}`,
    asked,
    faults: {},
    commit: COMMIT,
    files,
    async close() {
      for (const s of [hub, store]) {
        s.closeAllConnections();
        await new Promise((resolve) => s.close(resolve));
      }
    },
  };

  function answer(host: Asked["host"], request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", "http://hub");
    asked.push({ host, path: url.pathname + url.search, headers: request.headers });
    const fault = host === "hub" ? server.faults.first?.shift() : undefined;
    const [, revision] = /^\/api\/models\/.+\/revision\/([^/]+)$/.exec(url.pathname) ?? [];
    if (host === "store") sendFile(decodeURIComponent(url.pathname.slice(1)), request, response);
    else if (fault !== undefined) refuse(response, fault.status, "", "", fault.headers);
    else if (url.pathname === "/api/models") {
      const author = url.searchParams.get("author");
      json(response, author === repo.split("/")[0] ? [{ id: repo }, { id: `${author}/other-thing` }] : []);
    } else if (url.pathname === `/api/models/${repo}/refs`)
      json(response, { branches: [{ name: "main" }], tags: [{ name: "v1.0" }], converts: [] });
    else if (revision === undefined) resolveFile(url.pathname, request, response);
    else if (!url.pathname.startsWith(`/api/models/${repo}/`))
      refuse(response, 401, "RepoNotFound", "Repository not found");
    else if (!["main", "v1.0", server.commit].includes(decodeURIComponent(revision)))
      refuse(response, 404, "RevisionNotFound", `Invalid rev id: ${revision}`);
    else json(response, info());
  }

  function resolveFile(path: string, request: IncomingMessage, response: ServerResponse): void {
    const start = `/${repo}/resolve/${server.commit}/`;
    const name = decodeURIComponent(path.slice(start.length));
    const bytes = path.startsWith(start) ? server.files.get(name) : undefined;
    response.setHeader("X-Repo-Commit", server.commit);
    if (bytes === undefined) refuse(response, 404, "EntryNotFound", "Entry not found");
    else if (server.faults.gated === true)
      refuse(response, request.headers.authorization ? 403 : 401, "GatedRepo", "Access is restricted.");
    else if (!isLarge(bytes)) sendFile(name, request, response);
    else {
      response.writeHead(302, {
        Location: `http://127.0.0.1:${storePort}/${encodeURIComponent(name)}`,
        "X-Linked-Etag": `"${hex("sha256", bytes)}"`,
        "X-Linked-Size": String(bytes.length),
      });
      response.end();
    }
  }

  const info = () => ({
    id: repo,
    sha: server.commit,
    gated: server.faults.gated === true ? "manual" : false,
    siblings: [...server.files].map(([rfilename, bytes]) => ({
      rfilename,
      size: server.faults.sizes?.get(rfilename) ?? bytes.length,
      blobId: isLarge(bytes) ? hex("sha1", "a pointer") : gitSum(bytes),
      ...(isLarge(bytes)
        ? {
            lfs: {
              sha256: hex("sha256", bytes),
              size: server.faults.sizes?.get(rfilename) ?? bytes.length,
              pointerSize: 134,
            },
          }
        : {}),
    })),
  });

  function sendFile(name: string, request: IncomingMessage, response: ServerResponse): void {
    const { faults } = server;
    const bytes = faults.lies?.get(name) ?? server.files.get(name)!;
    const etag = faults.etag ?? `"${hex("sha256", bytes)}"`;
    const condition = request.headers["if-range"];
    const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
    const partial =
      from !== undefined && faults.noRange !== true && (condition === undefined || condition === etag);
    const start = partial ? Number(from) : 0;
    if (partial && start >= bytes.length) {
      response.writeHead(416, { "Content-Range": `bytes */${bytes.length}` });
      response.end();
      return;
    }
    response.writeHead(partial ? 206 : 200, {
      ETag: etag,
      "Content-Length": bytes.length - start,
      ...(partial ? { "Content-Range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    const { cut } = faults;
    if (faults.silent === true) response.flushHeaders();
    else if (cut?.name === name && cut.times > 0) {
      cut.times--;
      response.write(bytes.subarray(start, start + cut.after), () =>
        setTimeout(() => response.destroy(), 20),
      );
    } else response.end(bytes.subarray(start));
  }

  return server;
}

function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): void {
  const said = code === "" ? {} : { "X-Error-Code": code, "X-Error-Message": message };
  response.writeHead(status, { ...said, ...headers });
  response.end(JSON.stringify({ error: message }));
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "Content-Type": "application/json" });
  response.end(JSON.stringify(value));
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, () => resolve((server.address() as AddressInfo).port));
  });
}
