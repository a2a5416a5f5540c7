/** @file Distillation (Hinton et al. 2015): how far a student's distribution is from a teacher's, both softened by a temperature,
 *    T² · Σ_rows KL(softmax(teacher/T) ‖ softmax(student/T)) / normaliser;
 *  T² keeps gradients of one size whatever T is. */

import { add, mul, scale, softmax, sum, type Tensor } from "../tensor/index.js";

/** student, teacher [..., classes]; the teacher has no gradient. A scalar. */
export function distillationLoss(
  student: Tensor,
  teacher: Tensor,
  temperature: number,
  normaliser: number,
): Tensor {
  const { engine } = student;
  const [target, entropy] = engine.noGrad(() => {
    const p = softmax(scale(teacher, 1 / temperature));
    const logs = softmax(scale(teacher, 1 / temperature), { log: true });
    return [p, sum(mul(p, logs))];
  });
  const cross = scale(sum(mul(softmax(scale(student, 1 / temperature), { log: true }), target!)), -1);
  return scale(add(cross, entropy!), temperature ** 2 / normaliser);
}
