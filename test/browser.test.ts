/** @file Cygnet in a page of Chromium: with threads (a cross-origin isolated page) and without, the same tokens and losses, to
 *  the bit, as in Node. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, normalize, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createModel, saveModel } from "../src/models/index.js";
import { createEngine } from "../src/tensor/device.js";

const ROOT = resolve(import.meta.dirname, "..");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const there = existsSync(CHROMIUM);
const TYPES: Record<string, string> = {
  js: "text/javascript",
  json: "application/json",
  wasm: "application/wasm",
};

interface Result {
  readonly ids: number[];
  readonly losses: number[];
  readonly threads: number;
  readonly isa: string;
  readonly name: string;
}

/** The map of the package's "browser" field, as a page without a bundler needs it, and the libraries. */
function importMap(): string {
  const { browser } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    browser: Record<string, string>;
  };
  const own = Object.entries(browser).map(([from, to]) => [from.slice(1), to.slice(1)]);
  return JSON.stringify({
    imports: {
      ...Object.fromEntries(own),
      zod: "/node_modules/zod/index.js",
      "@huggingface/jinja": "/node_modules/@huggingface/jinja/dist/index.js",
    },
  });
}

const page = (options: string) => `<!doctype html><script type="importmap">${importMap()}</script>
<script type="module">
  try {
    const browser = await import("/dist/browser/index.js");
    const tensor = await import("/dist/tensor/index.js");
    const adamw = await import("/dist/train/optim/adamw.js");
    const { scenario } = await import("/test/support/browserScenario.js");
    await browser.fetchKernels("/native/wasm");
    const folder = await browser.fetchModel("/model");
    window.result = scenario({ browser, tensor, adamw }, folder, ${options});
  } catch (error) {
    window.result = { error: String(error.stack ?? error) };
  }
</script>`;

function serve(model: string): Promise<Server> {
  const server = createServer((request, response) => {
    const url = new URL(request.url!, "http://localhost");
    const isolated = url.pathname !== "/alone.html";
    if (isolated) {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    }
    if (url.pathname.endsWith(".html")) {
      response.setHeader("Content-Type", "text/html");
      response.end(page(url.searchParams.get("options") ?? "{}"));
      return;
    }
    const file = url.pathname.startsWith("/model/")
      ? join(model, url.pathname.slice(7))
      : join(ROOT, normalize(url.pathname));
    if (!existsSync(file)) {
      response.statusCode = 404;
      response.end();
      return;
    }
    response.setHeader("Content-Type", TYPES[file.split(".").at(-1)!] ?? "application/octet-stream");
    response.end(readFileSync(file));
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

describe.skipIf(!there)(`a page of Chromium${there ? "" : ` (skipped: no ${CHROMIUM})`}`, () => {
  const model = mkdtempSync(join(tmpdir(), "cygnet-browser-"));
  let server: Server;
  let browser: Browser;
  beforeAll(async () => {
    const engine = createEngine({ device: "reference" });
    const config = {
      model_type: "gpt2",
      vocab_size: 50,
      n_positions: 64,
      n_embd: 32,
      n_layer: 2,
      n_head: 2,
    };
    saveModel(createModel({ config, engine, seed: 5 }), model);
    server = await serve(model);
    const args =
      "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
    browser = await chromium.launch({ executablePath: CHROMIUM, args: args.split(" ") });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    rmSync(model, { recursive: true, force: true });
  });

  async function inPage(path: string, options: object): Promise<Result> {
    const { port } = server.address() as AddressInfo;
    const tab = await browser.newPage();
    const query = encodeURIComponent(JSON.stringify(options));
    await tab.goto(`http://127.0.0.1:${port}/${path}?options=${query}`);
    await tab.waitForFunction("window.result !== undefined", undefined, { timeout: 60_000 });
    const result = (await tab.evaluate("window.result")) as Result & { error?: string };
    await tab.close();
    expect(result.error).toBeUndefined();
    return result;
  }

  async function inNode(isa: string): Promise<Result> {
    const load = (file: string) => import(pathToFileURL(join(ROOT, file)).href);
    const { scenario } = (await load("test/support/browserScenario.js")) as {
      scenario(modules: object, folder: string, options: object): Result;
    };
    const modules = {
      browser: { ...(await load("dist/tensor/device.js")), ...(await load("dist/models/load.js")) },
      tensor: await load("dist/tensor/index.js"),
      adamw: await load("dist/train/optim/adamw.js"),
    };
    process.env.CYGNET_WASM_ISA = isa;
    try {
      return scenario(modules, model, { threads: 1 });
    } finally {
      delete process.env.CYGNET_WASM_ISA;
    }
  }

  it.each([
    ["index.html", 2],
    ["alone.html", 1],
  ])("%s on %i threads gives Node's tokens and losses", async (path, threads) => {
    const found = await inPage(path, { threads: 2 });
    const wanted = await inNode(found.isa);
    expect(found).toMatchObject({ name: "wasm", threads });
    expect(found.losses).toEqual(wanted.losses);
    expect(found.ids).toEqual(wanted.ids);
    expect(found.ids).toHaveLength(17);
    expect(found.losses[3]!).toBeLessThan(found.losses[0]!);
  });
});
