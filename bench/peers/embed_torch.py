"""The Python peer of `npm run bench -- embed`: sentence-transformers. MODEL THREADS; then lines of JSON
{"texts": [...]} are answered by {"seconds": s, "embeddings": [[...]]} (these with "vectors": true alone)."""
import json
import sys
import time

import torch

torch.set_num_threads(int(sys.argv[2]))
from sentence_transformers import SentenceTransformer

model = SentenceTransformer(sys.argv[1], device="cpu")
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    start = time.perf_counter()
    embeddings = model.encode(request["texts"], batch_size=32, normalize_embeddings=True)
    seconds = time.perf_counter() - start
    answer = {"seconds": seconds}
    if request.get("vectors"):
        answer["embeddings"] = embeddings.tolist()
    print(json.dumps(answer), flush=True)
