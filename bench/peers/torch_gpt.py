"""The peer of `npm run bench -- train`: a GPT-2 in PyTorch at its best on a CPU (scaled_dot_product_attention, fused AdamW,
eager or torch.compile, fp32 or bf16 autocast). Speaks lines of JSON: it prints {"ready": …} once warmed up, then for each
line "N" on standard input runs N steps and prints {"seconds": …, "losses": […], "peak_bytes": …}; so that the two sides can be
timed in turn in one run. The batch is the same every step, as on our side."""
import argparse
import json
import resource
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

parser = argparse.ArgumentParser()
for name, default in dict(layers=6, dim=384, heads=6, context=256, vocab=4096, batch=16, threads=2, warmup=2).items():
    parser.add_argument("--" + name, type=int, default=default)
parser.add_argument("--compute", choices=["fp32", "bf16"], default="fp32")
parser.add_argument("--compile", action="store_true")
parser.add_argument("--weights", help="a GPT-2 model.safetensors (fp32) to start from, so that both sides compute the same losses")
args = parser.parse_args()
SLOW_SECONDS = 30  # a first step slower than this warms up enough (bf16 where there are no instructions for it)
torch.set_num_threads(args.threads)
torch.manual_seed(0)


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.up, self.down = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (z.view(b, t, self.heads, -1).transpose(1, 2) for z in self.qkv(self.norm1(x)).split(d, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(b, t, d))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class GPT(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(a.vocab, a.dim), nn.Embedding(a.context, a.dim)
        self.blocks = nn.ModuleList(Block(a.dim, a.heads) for _ in range(a.layers))
        self.norm = nn.LayerNorm(a.dim)
        self.head = nn.Linear(a.dim, a.vocab, bias=False)
        self.head.weight = self.wte.weight
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, 0, 0.02)

    def forward(self, ids, targets):
        x = self.wte(ids) + self.wpe.weight[: ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        logits = self.head(self.norm(x))
        return F.cross_entropy(logits.float().view(-1, logits.shape[-1]), targets.view(-1))


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            yield name.removeprefix("transformer."), torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float32).view(entry["shape"])


def load_gpt2(model, path):
    """Hugging Face's names onto ours; Conv1D stores [in, out]."""
    names = {"attn.c_attn": "qkv", "attn.c_proj": "out", "mlp.c_fc": "up", "mlp.c_proj": "down", "ln_1": "norm1", "ln_2": "norm2"}
    ours = dict(model.named_parameters())
    with torch.no_grad():
        for name, value in read_safetensors(path):
            if name.startswith("h."):
                _, layer, rest = name.split(".", 2)
                part, leaf = rest.rsplit(".", 1)
                target = ours[f"blocks.{layer}.{names[part]}.{leaf}"]
                value = value.t() if part.startswith(("attn", "mlp")) and leaf == "weight" else value
            else:
                target = ours[name.replace("ln_f", "norm")]
            target.copy_(value)


model = GPT(args)
if args.weights:
    load_gpt2(model, args.weights)
decay = [p for p in model.parameters() if p.dim() > 1]
plain = [p for p in model.parameters() if p.dim() <= 1]
optimizer = torch.optim.AdamW(
    [dict(params=decay, weight_decay=0.1), dict(params=plain, weight_decay=0.0)], lr=3e-4, betas=(0.9, 0.95), fused=True
)
forward = torch.compile(model) if args.compile else model
# The batch both sides use: ids from a small linear congruential generator, targets shifted by one within the row.
state, values = 1, []
for _ in range(args.batch * (args.context + 1)):
    state = (state * 1103515245 + 12345) % 2147483648
    values.append((state >> 8) % args.vocab)
rows = torch.tensor(values).view(args.batch, args.context + 1)
inputs, targets = rows[:, :-1].contiguous(), rows[:, 1:].contiguous()


def step():
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.compute == "bf16"):
        loss = forward(inputs, targets)
    loss.backward()
    optimizer.step()
    return loss.item()


def report(**fields):
    print(json.dumps(fields), flush=True)


def steps(count):
    started = time.perf_counter()
    losses = [step() for _ in range(count)]
    seconds = time.perf_counter() - started
    return dict(seconds=seconds, losses=losses, peak_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


first = steps(1)
if first["seconds"] < SLOW_SECONDS or args.compile:  # a compiled model's first step is its compilation
    rest = steps(args.warmup - 1)
    first = dict(rest, seconds=first["seconds"] + rest["seconds"], losses=first["losses"] + rest["losses"])
report(ready=True, version=torch.__version__, **first)
for line in sys.stdin:
    report(**steps(int(line)))
