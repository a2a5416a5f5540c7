import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { COMMIT, type HubServer, startHub } from "../../../test/support/hubServer.js";
import { type DownloadOptions, downloadConfig, downloadModel, resolveModel } from "./index.js";

const REPO = "org/name";
const text = (s: string) => new TextEncoder().encode(s);
const noise = (size: number, seed = 1) =>
  Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8) * seed) & 255);

const weights = noise(300_000);
const files = () =>
  new Map<string, Uint8Array>([
    ["config.json", text('{"model_type":"llama"}')],
    ["tokenizer.json", noise(5000)],
    ["generation_config.json", text("{}")],
    ["added_tokens.json", text("")],
    ["model.safetensors", weights],
    ["pytorch_model.bin", noise(2000)],
    ["onnx/model.onnx", noise(3000)],
    ["tf_model.h5", noise(2000)],
    ["README.md", text("# Name")],
  ]);

let root: string;
let server: HubServer;
let notes: string[];
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "cygnet-hub-"));
  for (const name of ["HF_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE"]) vi.stubEnv(name, "");
  vi.stubEnv("CYGNET_CACHE", join(root, "cache"));
  server = await startHub(REPO, files());
  notes = [];
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  rmSync(root, { recursive: true });
});

const get = (options: DownloadOptions = {}, place = `hf:${REPO}`) =>
  downloadModel(place, {
    endpoint: server.endpoint,
    waitMs: 1,
    onNote: (note) => void notes.push(note),
    ...options,
  });
const codeOf = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => undefined,
    (e: unknown) => e as { code: string; message: string },
  );
  return [error?.code, error?.message ?? ""] as const;
};
const asks = (name: string) => server.asked.filter(({ path }) => path.endsWith(name));
const same = (folder: string, name: string) =>
  Buffer.compare(readFileSync(join(folder, name)), server.files.get(name)!) === 0;

it("fetches what a model needs and nothing else, and nothing twice", async () => {
  const folder = await get();
  expect(folder).toBe(join(root, "cache/hub/org--name", COMMIT));
  expect(readdirSync(folder).sort()).toEqual(
    [
      ".cygnet-hub.json",
      "added_tokens.json",
      "config.json",
      "generation_config.json",
      "model.safetensors",
      "tokenizer.json",
    ].sort(),
  );
  for (const name of ["config.json", "tokenizer.json", "model.safetensors"])
    expect(same(folder, name)).toBe(true);
  expect(server.asked[0]!.path).toBe(`/api/models/${REPO}/revision/main?blobs=true`);
  const before = server.asked.length;
  expect(await get()).toBe(folder);
  expect(server.asked.length).toBe(before + 1); // what the branch stands for now
  expect(await get({}, `hf:${REPO}@${COMMIT}`)).toBe(folder);
  expect(server.asked.length).toBe(before + 1);
});

it("fetches the configuration alone where that is enough, and the rest when it is asked for", async () => {
  const fetched = (name: string) => asks(name).filter(({ path }) => path.includes("/resolve/")).length;
  const options = { endpoint: server.endpoint, waitMs: 1, onNote: (note: string) => void notes.push(note) };
  const file = await downloadConfig(`hf:${REPO}`, options);
  const folder = join(root, "cache/hub/org--name", COMMIT);
  expect(file).toBe(join(folder, "config.json"));
  expect(readdirSync(folder).sort()).toEqual([".cygnet-hub.json", "config.json"]);
  // A commit is what it is; without a connection what is there is used.
  const asked = server.asked.length;
  expect(await downloadConfig(`hf:${REPO}@${COMMIT}`, options)).toBe(file);
  vi.stubEnv("HF_HUB_OFFLINE", "1");
  expect((await codeOf(get()))[0]).toBe("hub-offline");
  expect(await downloadConfig(`hf:${REPO}`, options)).toBe(file);
  expect(server.asked.length).toBe(asked);
  vi.stubEnv("HF_HUB_OFFLINE", "");
  expect(await get()).toBe(folder);
  expect(same(folder, "model.safetensors")).toBe(true);
  expect(fetched("/config.json")).toBe(1);
  // And the whole model stays whole.
  expect(await downloadConfig(`hf:${REPO}`, options)).toBe(file);
  const before = server.asked.length;
  expect(await get({}, `hf:${REPO}@${COMMIT}`)).toBe(folder);
  expect(server.asked.length).toBe(before);
  server.files.delete("config.json");
  server.commit = COMMIT.replace("0", "f");
  expect(await codeOf(downloadConfig(`hf:${REPO}`, options))).toEqual([
    "hub-no-model",
    expect.stringContaining("holds no config.json"),
  ]);
});

it("takes endpoint and token from the environment; a folder as it is", async () => {
  vi.stubEnv("HF_ENDPOINT", `${server.endpoint}/`);
  vi.stubEnv("HF_TOKEN", "hf_abc");
  await downloadModel(`hf:${REPO}@v1.0`, { folder: join(root, "mine") });
  expect(same(join(root, "mine"), "model.safetensors")).toBe(true);
  expect(server.asked.find(({ host }) => host === "hub")!.headers.authorization).toBe("Bearer hf_abc");
  expect(await resolveModel("runs/village")).toBe("runs/village");
});

it("shows the token to the hub alone", async () => {
  await get({ token: "hf_secret" });
  const hub = server.asked.filter(({ host }) => host === "hub");
  const store = server.asked.filter(({ host }) => host === "store");
  expect(hub.length).toBeGreaterThan(3);
  expect(hub.every(({ headers }) => headers.authorization === "Bearer hf_secret")).toBe(true);
  expect(store.length).toBe(2);
  expect(store.every(({ headers }) => headers.authorization === undefined)).toBe(true);
});

it("goes on where the connection breaks, in one call and in the next", async () => {
  server.faults.cut = { name: "model.safetensors", after: 70_000, times: 2 };
  const folder = await get();
  expect(same(folder, "model.safetensors")).toBe(true);
  const ranges = asks("/model.safetensors").filter(({ host }) => host === "store");
  expect(ranges.map(({ headers }) => headers.range)).toEqual([undefined, "bytes=70000-", "bytes=140000-"]);
  expect(ranges[1]!.headers["if-range"]).toMatch(/^"[0-9a-f]{64}"$/);

  const mine = join(root, "mine");
  server.faults.cut = { name: "model.safetensors", after: 50_000, times: 1 };
  expect((await codeOf(get({ folder: mine, retries: 0 })))[0]).toBe("hub-unreachable");
  expect(statSync(join(mine, "model.safetensors.part")).size).toBe(50_000);
  expect(existsSync(join(mine, "model.safetensors"))).toBe(false);
  server.asked.length = 0;
  await get({ folder: mine });
  expect(asks("/model.safetensors").map(({ headers }) => headers.range)).toEqual([
    "bytes=50000-",
    "bytes=50000-",
  ]);
  expect(asks("config.json")).toEqual([]);
  expect(same(mine, "model.safetensors")).toBe(true);
  expect(readdirSync(mine).filter((n) => n.includes(".part") || n.includes(".lock"))).toEqual([]);
});

it.each([
  ["the server ignores ranges", { noRange: true }],
  ["the file behind the address has changed", { etag: '"another"' }],
])("begins anew where %s", async (_, faults) => {
  const mine = join(root, "mine");
  server.faults.cut = { name: "model.safetensors", after: 50_000, times: 1 };
  await codeOf(get({ folder: mine, retries: 0 }));
  server.faults = faults;
  await get({ folder: mine });
  expect(same(mine, "model.safetensors")).toBe(true);
  expect(notes).toContain("model.safetensors: fetched anew from its beginning");
});

it("throws away a part of another commit's file, and one that is damaged", async () => {
  const mine = join(root, "mine");
  server.faults.cut = { name: "model.safetensors", after: 50_000, times: 1 };
  await codeOf(get({ folder: mine, retries: 0 }));
  server.commit = COMMIT.replace("0", "f");
  server.files.set("model.safetensors", noise(300_000, 7));
  server.asked.length = 0;
  await get({ folder: mine });
  expect(same(mine, "model.safetensors")).toBe(true);
  expect(asks("/model.safetensors")[0]!.headers.range).toBeUndefined();

  const other = join(root, "other");
  server.faults.cut = { name: "model.safetensors", after: 50_000, times: 1 };
  await codeOf(get({ folder: other, retries: 0 }));
  writeFileSync(join(other, "model.safetensors.part"), new Uint8Array(50_000));
  await get({ folder: other });
  expect(same(other, "model.safetensors")).toBe(true);
  expect(notes.some((n) => n.includes("damaged"))).toBe(true);
});

it.each([
  ["model.safetensors", noise(300_000, 9)],
  ["config.json", text('{"model_type":"LLAMA"}')],
  ["config.json", text('{"model_type":"llama", "and": "more than was listed"}')],
])("refuses %s where its checksum is another, and keeps nothing of it", async (name, lie) => {
  server.faults.lies = new Map([[name, lie]]);
  const mine = join(root, "mine");
  const [code, message] = await codeOf(get({ folder: mine }));
  expect(code).toBe("hub-checksum");
  expect(message).toContain(`${REPO}@01234567/${name}`);
  expect(readdirSync(mine).filter((n) => n.startsWith(name))).toEqual([]);
  server.faults = {};
  await get({ folder: mine });
  expect(same(mine, name)).toBe(true);
});

it("fetches the shards that an index names, and only .bin where nothing else is", async () => {
  const index = {
    weight_map: {
      a: "model-00001-of-00002.safetensors",
      b: "model-00002-of-00002.safetensors",
      c: "model-00001-of-00002.safetensors",
    },
  };
  server.files.delete("model.safetensors");
  server.files.set("model.safetensors.index.json", text(JSON.stringify(index)));
  server.files.set("model-00001-of-00002.safetensors", noise(4000));
  server.files.set("model-00002-of-00002.safetensors", noise(6000));
  const progress: number[] = [];
  const mine = join(root, "mine");
  await get({ folder: mine, onProgress: ({ bytes, size }) => void progress.push(bytes / size) });
  expect(
    same(mine, "model-00001-of-00002.safetensors") && same(mine, "model-00002-of-00002.safetensors"),
  ).toBe(true);
  expect(existsSync(join(mine, "pytorch_model.bin"))).toBe(false);
  expect(progress.at(-1)).toBe(1);

  // A later commit with .bin alone: what is gone there is gone here.
  server.commit = COMMIT.replace("0", "e");
  for (const name of [...server.files.keys()].filter((n) => n.includes("safetensors")))
    server.files.delete(name);
  await get({ folder: mine });
  expect(readdirSync(mine).filter((n) => /safetensors|bin/.test(n))).toEqual(["pytorch_model.bin"]);
});

it.each(["../x", "/etc/x", "a/../../x", "C:\\x", "a//x", "./x"])(
  "refuses a listing with %s",
  async (name) => {
    server.files.set(name, text("x"));
    expect((await codeOf(get()))[0]).toBe("hub-answer");
    expect(existsSync(join(root, "cache"))).toBe(false);
  },
);

it("refuses an index that leads outside, and a commit that is none", async () => {
  server.files.delete("model.safetensors");
  server.files.set("model.safetensors.index.json", text('{"weight_map":{"a":"../x.safetensors"}}'));
  expect((await codeOf(get()))[0]).toBe("index-invalid");
  server.commit = "../../outside";
  expect((await codeOf(get()))[0]).toBe("hub-answer");
});

it.each([
  "hf:",
  "hf:a/b/c",
  "hf:../x",
  "hf:a/..",
  "hf:a--b/c",
  "hf:a/b@",
  "hf:a/b@..",
  "hf:a/b@x/../y",
  "hf:a/b?x=1",
  "a/b",
])("refuses the name %s", async (place) => {
  expect((await codeOf(get({}, place)))[0]).toBe("hub-name");
  expect(server.asked).toEqual([]);
});

it("says what is wrong with a model that cannot be had", async () => {
  const [missing, hint] = await codeOf(get({}, "hf:org/nmae"));
  expect([missing, hint.includes("hf:org/name")]).toEqual(["hub-repo-missing", true]);
  const [revision, tag] = await codeOf(get({}, `hf:${REPO}@v1.O`));
  expect([revision, tag.includes(`hf:${REPO}@v1.0`)]).toEqual(["hub-revision-missing", true]);
  server.faults.gated = true;
  for (const token of [undefined, "hf_abc"]) {
    const [gated, how] = await codeOf(get({ token }));
    expect([gated, how.includes(`${server.endpoint}/${REPO}`)]).toEqual(["hub-gated", true]);
    expect(how).not.toContain("hf_abc");
  }
  server.faults = {};
  server.files.delete("config.json");
  expect((await codeOf(get()))[0]).toBe("hub-no-model");
});

it("waits where the hub is busy, as long as it asks, and not for ever", async () => {
  server.faults.first = [{ status: 429, headers: { "Retry-After": "1" } }, { status: 503 }];
  const began = performance.now();
  await get();
  expect(performance.now() - began).toBeGreaterThan(990);
  expect(notes.slice(0, 2)).toEqual([
    "the hub is busy (status 429); trying again in 1 s",
    "the hub is busy (status 503); trying again",
  ]);
  server.faults.first = Array.from({ length: 3 }, () => ({ status: 500 }));
  expect((await codeOf(get({ retries: 2, folder: join(root, "mine") })))[0]).toBe("hub-busy");
  server.faults.first = [{ status: 429, headers: { "Retry-After": "86400" } }];
  expect((await codeOf(get({ folder: join(root, "mine") })))[0]).toBe("hub-busy");
});

it("counts a silent connection as broken", async () => {
  server.faults.silent = true;
  const [code, message] = await codeOf(get({ silenceMs: 100, retries: 1 }));
  expect([code, message.includes("nothing came")]).toEqual(["hub-unreachable", true]);
});

it("uses what is there when the hub cannot be reached, and says so", async () => {
  const folder = await get();
  vi.stubEnv("HF_HUB_OFFLINE", "1");
  server.asked.length = 0;
  expect(await get()).toBe(folder);
  expect(server.asked).toEqual([]);
  expect((await codeOf(get({}, "hf:org/other")))[0]).toBe("hub-offline");
  vi.stubEnv("HF_HUB_OFFLINE", "");
  await server.close();
  expect(await get()).toBe(folder);
  expect(notes.at(-1)).toContain("the hub does not answer");
  expect((await codeOf(get({ retries: 1 }, "hf:org/other")))[0]).toBe("hub-unreachable");
});

it("stops when told to, and goes on later", async () => {
  const stop = new AbortController();
  server.faults.cut = { name: "model.safetensors", after: 60_000, times: 1 };
  const mine = join(root, "mine");
  const onProgress = ({ fileBytes }: { fileBytes: number }) => {
    if (fileBytes === 60_000) stop.abort(new Error("enough"));
  };
  await expect(get({ folder: mine, signal: stop.signal, onProgress, waitMs: 10_000 })).rejects.toThrow(
    "enough",
  );
  expect(statSync(join(mine, "model.safetensors.part")).size).toBe(60_000);
  await get({ folder: mine });
  expect(same(mine, "model.safetensors")).toBe(true);
  await expect(get({ signal: AbortSignal.abort(new Error("not at all")) })).rejects.toThrow("not at all");
});

it("two at once fetch everything once", async () => {
  const both = await Promise.all([get(), get()]);
  expect(both[0]).toBe(both[1]);
  expect(asks("/model.safetensors").filter(({ host }) => host === "store").length).toBe(1);
  expect(notes.filter((n) => n.includes("waiting for it")).length).toBe(1);
});

it("takes over from a process that has ended", async () => {
  const mine = join(root, "mine");
  mkdirSync(mine);
  const { hostname } = await import("node:os");
  writeFileSync(
    join(mine, ".cygnet-hub.lock"),
    JSON.stringify({ pid: 2 ** 30, host: hostname(), token: "x" }),
  );
  await get({ folder: mine });
  expect(existsSync(join(mine, ".cygnet-hub.lock"))).toBe(false);
});

it("destroys no file of the user's, and repairs one of the cache", async () => {
  const mine = join(root, "mine");
  mkdirSync(mine);
  writeFileSync(join(mine, "config.json"), "{}");
  expect((await codeOf(get({ folder: mine })))[0]).toBe("folder-foreign");
  expect(readFileSync(join(mine, "config.json"), "utf8")).toBe("{}");
  writeFileSync(join(mine, "config.json"), server.files.get("config.json")!);
  await get({ folder: mine });
  expect(asks("/config.json")).toEqual([]);
  const folder = await get();
  writeFileSync(join(folder, "model.safetensors"), "cut");
  await get();
  expect(same(folder, "model.safetensors")).toBe(true);
});

it("asks for the room first", async () => {
  server.faults.sizes = new Map([["model.safetensors", 1e15]]);
  const [code, message] = await codeOf(get());
  expect([code, message.includes("1,000,000,0")]).toEqual(["disk-full", true]);
  expect(asks("/model.safetensors")).toEqual([]);
});
