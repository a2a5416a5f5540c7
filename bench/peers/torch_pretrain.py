"""The peer of `npm run bench -- quality`: pretrains the same shape of model (RMS norm, rotary positions, normalised queries
and keys, SwiGLU) on the same token ids for the same time, in PyTorch at its best on a CPU: fused attention, Muon (Keller
Jordan's form) for the matrices, fused AdamW for the rest, warm-up, level, linear decay. Prints one line of JSON."""
import argparse
import json
import math
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

parser = argparse.ArgumentParser()
for name in ("train", "valid"):
    parser.add_argument("--" + name, required=True, help="raw little-endian int32 token ids")
for name in ("vocab", "layers", "dim", "heads", "mlp", "context", "batch", "threads"):
    parser.add_argument("--" + name, type=int, required=True)
for name in ("seconds", "lr", "embedding_lr", "head_lr", "decay"):
    parser.add_argument("--" + name, type=float, required=True)
parser.add_argument("--tie", type=int, default=1)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(1)
train = torch.from_numpy(np.fromfile(args.train, dtype="<i4").astype(np.int64))
valid = torch.from_numpy(np.fromfile(args.valid, dtype="<i4").astype(np.int64))
head_dim = args.dim // args.heads
angles = torch.outer(torch.arange(args.context).float(), 10000.0 ** (-torch.arange(0, head_dim, 2).float() / head_dim))
COS, SIN = angles.cos(), angles.sin()


def rotate(x):
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * COS - b * SIN, b * COS + a * SIN], dim=-1)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        d = args.dim
        self.norm1, self.norm2 = nn.RMSNorm(d, eps=1e-6), nn.RMSNorm(d, eps=1e-6)
        self.norm_q, self.norm_k = nn.RMSNorm(head_dim, eps=1e-6), nn.RMSNorm(head_dim, eps=1e-6)
        self.qkv, self.out = nn.Linear(d, 3 * d, bias=False), nn.Linear(d, d, bias=False)
        self.gate_up, self.down = nn.Linear(d, 2 * args.mlp, bias=False), nn.Linear(args.mlp, d, bias=False)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (z.view(b, t, args.heads, head_dim).transpose(1, 2) for z in self.qkv(self.norm1(x)).split(d, dim=2))
        y = F.scaled_dot_product_attention(rotate(self.norm_q(q)), rotate(self.norm_k(k)), v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(b, t, d))
        gate, up = self.gate_up(self.norm2(x)).chunk(2, dim=-1)
        return x + self.down(F.silu(gate) * up)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(args.vocab, args.dim)
        self.blocks = nn.ModuleList(Block() for _ in range(args.layers))
        self.norm = nn.RMSNorm(args.dim, eps=1e-6)
        self.head = nn.Linear(args.dim, args.vocab, bias=False)
        if args.tie:
            self.head.weight = self.embed.weight
        for p in self.parameters():
            if p.dim() == 2:
                nn.init.normal_(p, 0, 0.02)

    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def orthogonalise(x):
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.T if tall else x


model = Model()
inside = [p for p in model.blocks.parameters() if p.dim() == 2]
vectors = [p for p in model.parameters() if p.dim() == 1]
groups = [dict(params=[model.embed.weight], lr=args.embedding_lr), dict(params=vectors, lr=args.embedding_lr)]
if not args.tie:
    groups.append(dict(params=[model.head.weight], lr=args.head_lr))
adamw = torch.optim.AdamW(groups, betas=(0.9, 0.95), eps=1e-10, weight_decay=0, fused=True)
rates = [g["lr"] for g in adamw.param_groups]
momenta = [torch.zeros_like(p) for p in inside]


def batches():
    while True:
        phase = int(torch.randint(0, args.context, (1,)))
        windows = (len(train) - 1 - phase) // args.context
        order = torch.randperm(windows)
        for i in range(0, windows - args.batch + 1, args.batch):
            rows = train[(phase + order[i : i + args.batch] * args.context)[:, None] + torch.arange(args.context + 1)]
            yield rows[:, :-1], rows[:, 1:]


def step(inputs, targets, factor):
    loss = F.cross_entropy(model(inputs).view(-1, args.vocab), targets.reshape(-1))
    loss.backward()
    with torch.no_grad():
        for p, m in zip(inside, momenta):
            m.lerp_(p.grad, 0.05)
            update = orthogonalise(p.grad.lerp(m, 0.95))
            p.mul_(1 - args.lr * factor * 0.02).add_(update, alpha=-args.lr * factor * max(1, p.shape[0] / p.shape[1]) ** 0.5)
            p.grad = None
        for group, rate in zip(adamw.param_groups, rates):
            group["lr"] = rate * factor
        adamw.step()
        adamw.zero_grad(set_to_none=True)


@torch.no_grad()
def validate():
    """Nats over every token once, in rows that overlap by half (as on our side)."""
    stride, total, last = args.context // 2, 0.0, len(valid) - 1
    for start in range(0, last, stride):
        end = min(start + stride, last)
        begin = max(0, end - args.context)
        ids = torch.zeros(1, args.context, dtype=torch.long)
        goal = torch.full((1, args.context), -100)
        ids[0, : end - begin] = valid[begin:end]
        goal[0, start - begin : end - begin] = valid[start + 1 : end + 1]
        total += F.cross_entropy(model(ids).view(-1, args.vocab), goal.view(-1), ignore_index=-100, reduction="sum").item()
    return total


source, elapsed, steps = batches(), 0.0, 0
while elapsed < args.seconds:
    share = elapsed / args.seconds
    factor = min(1.0, (share + 1e-3) / 0.02, max(0.05, 0.05 + 0.95 * (1 - share) / args.decay))
    started = time.perf_counter()
    step(*next(source), factor)
    elapsed += time.perf_counter() - started
    steps += 1
nats = validate()
print(json.dumps(dict(nats=nats, loss=nats / (len(valid) - 1), steps=steps, tokens=steps * args.batch * args.context)), flush=True)
