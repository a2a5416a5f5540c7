/** @file What the browser's test does in Node and in a page alike: loads a model, continues a prompt, trains three steps.
 *  `modules`: { browser, tensor, adamw } of dist/. Returns numbers to compare. */

export function scenario({ browser, tensor, adamw }, folder, options) {
  const engine = browser.createEngine({ device: "wasm", ...options });
  const model = browser.loadModel(folder, { engine });
  const ids = [3, 1, 4, 1, 5];
  engine.noGrad(() => {
    for (let n = 0; n < 12; n++) {
      engine.scope(() => {
        const hidden = model.hidden({ inputIds: Int32Array.from(ids), batch: 1, seq: ids.length });
        const logits = model.logits(hidden).read();
        const last = Array.from(logits.slice(-model.vocabSize));
        ids.push(last.indexOf(Math.max(...last)));
      });
    }
  });
  const parameters = [...model.parameters.values()];
  const optimizer = adamw.createAdamW([{ parameters, lr: 0.01 }]);
  const inputIds = Int32Array.from({ length: 64 }, (_, i) => (i * i + 3) % model.vocabSize);
  const targets = Int32Array.from({ length: 64 }, (_, i) => ((i + 1) * (i + 1) + 3) % model.vocabSize);
  const losses = [];
  for (let step = 0; step < 4; step++) {
    engine.scope(() => {
      tensor.zeroGrad(parameters);
      const { loss } = model.loss(model.hidden({ inputIds, batch: 2, seq: 32 }), targets, 64);
      losses.push(loss.item());
      tensor.backward(loss);
      optimizer.step();
    });
  }
  const { threads, isa, name } = engine.backend;
  return { ids, losses, threads, isa, name };
}
