"""The peers of `npm run bench -- tokenizer`: Hugging Face's tokenizers and tiktoken, one thread each. Speaks lines of JSON:
a request on standard input, an answer with "seconds" on standard output, so that the sides are timed in turn.

  {"op": "load", "tokenizer": FILE, "vocab": FILE}                  both encoders, from the same vocabulary
  {"op": "encode", "lib": L, "documents": FILE, "cold": BOOL, "ids": FILE | null}
  {"op": "open", "tokenizer": FILE}                                 from the file to the first ids
  {"op": "train", "documents": FILE, "vocab_size": N, "merges": FILE}

What is cached: tiktoken nothing; tokenizers up to 10,000 words in its model, which "cold" begins anew by loading the
tokenizer again before the clock starts. Each library by its fastest call that returns ids."""
import array
import json
import os
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import tiktoken
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

GPT2_PATTERN = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"""
state = {"documents": {}}


def documents(file):
    if file not in state["documents"]:
        with open(file, encoding="utf-8") as f:
            state["documents"][file] = json.load(f)
    return state["documents"][file]


def load(request):
    with open(request["vocab"], encoding="utf-8") as f:
        ranks = {bytes.fromhex(key): rank for key, rank in json.load(f).items()}
    state["tiktoken"] = tiktoken.Encoding("bench", pat_str=GPT2_PATTERN, mergeable_ranks=ranks, special_tokens={})
    with open(request["tokenizer"], encoding="utf-8") as f:
        state["json"] = f.read()
    state["tokenizers"] = Tokenizer.from_str(state["json"])
    return {"seconds": 0}


def encode(request):
    texts = documents(request["documents"])
    if request["lib"] == "tiktoken":
        one = state["tiktoken"].encode_ordinary
        start = time.perf_counter()
        ids = [one(text) for text in texts]
        seconds = time.perf_counter() - start
    else:
        tokenizer = Tokenizer.from_str(state["json"]) if request["cold"] else state["tokenizers"]
        start = time.perf_counter()
        ids = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
        seconds = time.perf_counter() - start
    if request.get("ids"):
        with open(request["ids"], "wb") as f:
            array.array("i", [i for one in ids for i in one]).tofile(f)
    return {"seconds": seconds}


def open_file(request):
    start = time.perf_counter()
    Tokenizer.from_file(request["tokenizer"]).encode("Hello world")
    return {"seconds": time.perf_counter() - start}


def train(request):
    texts = documents(request["documents"])
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=request["vocab_size"],
        min_frequency=2,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    start = time.perf_counter()
    tokenizer.train_from_iterator(texts, trainer)
    seconds = time.perf_counter() - start
    with open(request["merges"], "w", encoding="utf-8") as f:
        json.dump(json.loads(tokenizer.to_str())["model"]["merges"], f)
    return {"seconds": seconds}


OPERATIONS = {"load": load, "open": open_file, "encode": encode, "train": train}
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(OPERATIONS[request["op"]](request)), flush=True)
