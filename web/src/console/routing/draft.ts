/** A draft of the routing as pure functions: shares, what is wrong with it, and what it changes. */
import type { RoutingDraft } from "../api.js";
import type { Arm, Routing } from "../types.js";

export const HANDOFF = "handoff";

export const nameOfStep = (step: string): string => (step === HANDOFF ? "a person" : step);

export function draftOf(routing: RoutingDraft): RoutingDraft {
  const { backends, arms, error_budget } = structuredClone(routing);
  return { backends, arms, error_budget };
}

/** Share of new customers that each arm gets, 0..1, in order. */
export function shares(arms: Routing["arms"]): number[] {
  const total = arms.reduce((sum, arm) => sum + Math.max(0, arm.weight), 0);
  return arms.map((arm) => (total > 0 ? Math.max(0, arm.weight) / total : 0));
}

/** Why a draft cannot be saved; null when it can. The server has the last word. */
export function draftProblem(arms: Routing["arms"], errorBudget: number): string | null {
  const names = arms.map((arm) => arm.arm.trim());
  if (names.some((name) => !name)) return "Every arm needs a name.";
  if (new Set(names).size < names.length) return "Two arms have the same name.";
  if (arms.some((arm) => !arm.chain.length)) return "Every arm needs at least one backend.";
  if (arms.some((arm) => arm.chain.slice(0, -1).includes(HANDOFF)))
    return "A person can only come last in a chain.";
  if (arms.some((arm) => !Number.isFinite(arm.weight) || arm.weight < 0))
    return "A weight is a number from 0 up.";
  if (!arms.some((arm) => arm.weight > 0)) return "At least one arm needs a weight above 0.";
  if (!(errorBudget > 0 && errorBudget < 1)) return "The error budget lies between 0 and 1.";
  return null;
}

/** What is different in `after`, a sentence each; empty when nothing is. */
export function changes(before: RoutingDraft, after: RoutingDraft): string[] {
  const budget =
    before.error_budget === after.error_budget
      ? []
      : [`error budget ${before.error_budget} → ${after.error_budget}`];
  return [...switched(before, after), ...armChanges(before.arms, after.arms), ...budget];
}

function switched(before: RoutingDraft, after: RoutingDraft): string[] {
  return Object.entries(after.backends).flatMap(([name, { enabled }]) => {
    const was = before.backends[name]?.enabled ?? true;
    return was === enabled ? [] : [`${name} ${enabled ? "on" : "off"}`];
  });
}

function armChanges(before: readonly Arm[], after: readonly Arm[]): string[] {
  const gone = before.filter((arm) => !after.some((one) => one.arm === arm.arm));
  const said = after.flatMap((arm) => {
    const was = before.find((one) => one.arm === arm.arm);
    if (!was) return [`arm ${arm.arm} added: ${chainText(arm.chain)}, weight ${arm.weight}`];
    const weight = was.weight === arm.weight ? [] : [`weight of ${arm.arm} ${was.weight} → ${arm.weight}`];
    const isSame = was.chain.join() === arm.chain.join();
    return isSame ? weight : [...weight, `chain of ${arm.arm}: ${chainText(arm.chain)}`];
  });
  return [...said, ...gone.map((arm) => `arm ${arm.arm} removed`)];
}

export function chainText(chain: readonly string[]): string {
  return chain.map(nameOfStep).join(" → ");
}
