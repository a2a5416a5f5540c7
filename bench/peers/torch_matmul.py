"""PyTorch's side of `npm run bench -- matmul`. Argument: threads. Prints {"ready": …}, then for each line
{"m", "n", "k", "kind", "compute", "milliseconds"} repeats the product for that long and prints {"seconds": the best one}."""
import json
import sys
import time

import torch

torch.set_num_threads(int(sys.argv[1]))
torch.set_grad_enabled(False)
key, product = None, None


def prepare(m, n, k, kind, compute):
    dtype = torch.bfloat16 if compute == "bf16" else torch.float32
    a = torch.rand((k, m) if kind == "tn" else (m, k)).sub(0.5).to(dtype)
    b = torch.rand((n, k) if kind == "nt" else (k, n)).sub(0.5).to(dtype)
    c = torch.empty(m, n, dtype=dtype)
    a, b = a.t() if kind == "tn" else a, b.t() if kind == "nt" else b
    return lambda: torch.mm(a, b, out=c)


def best_of(run, seconds):
    until, best = time.perf_counter() + seconds, float("inf")
    while True:
        started = time.perf_counter()
        run()
        ended = time.perf_counter()
        best = min(best, ended - started)
        if ended >= until:
            return best


print(json.dumps(dict(ready=True, version=torch.__version__, capability=torch.backends.cpu.get_cpu_capability())), flush=True)
for line in sys.stdin:
    shape = json.loads(line)
    seconds = shape.pop("milliseconds") / 1000
    if key != shape:
        key, product = shape, prepare(**shape)
    print(json.dumps(dict(seconds=best_of(product, seconds))), flush=True)
