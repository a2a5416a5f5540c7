"""FOLDER: writes the encoder in it as onnx/model.onnx, for @huggingface/transformers, which reads nothing else."""
import os
import sys

import torch
from transformers import AutoModel

folder = sys.argv[1]
model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()


class Body(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.model(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state


names = ["input_ids", "attention_mask", "token_type_ids"]
ids = torch.ones(2, 7, dtype=torch.long)
os.makedirs(f"{folder}/onnx", exist_ok=True)
part = f"{folder}/onnx/model.onnx.part"
torch.onnx.export(
    Body(),
    (ids, ids, ids * 0),
    part,
    input_names=names,
    output_names=["last_hidden_state"],
    dynamic_axes={name: {0: "batch", 1: "seq"} for name in [*names, "last_hidden_state"]},
    opset_version=17,
    dynamo=False,
)
os.replace(part, f"{folder}/onnx/model.onnx")
