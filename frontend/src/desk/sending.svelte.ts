/** An act that is sent in somebody's name: what became of it, and what the word filter found. */
import { ServerError } from "../api";
import { i18n } from "../i18n.svelte";
import type { PersonalData, Who } from "./api";
import { identity } from "./identity.svelte";

const isPersonal = (error: unknown): error is ServerError & { detail: PersonalData[] } =>
  error instanceof ServerError && error.status === 422 && error.code === "personal_data" && Array.isArray(error.detail);

/** Why something did not work: the server's own sentence, or that it was not there. */
export const told = (error: unknown): string => (error instanceof ServerError ? error.message : i18n.words.logbook.noContact);

export class Sending {
  busy = $state(false);
  /** Why it did not arrive; empty when it did, or was not tried. */
  problem = $state("");
  findings = $state.raw<PersonalData[]>([]);
  /** The text that the findings are about. */
  warned = $state("");

  /** Send; a text that the filter warned of, sent once more as it stands, goes anyway. Undefined where it did not arrive. */
  async run<T>(text: string, act: (who: Who, anyway: boolean) => Promise<T>): Promise<{ answer: T; anyway: boolean } | undefined> {
    if (this.busy) return undefined;
    const who = await identity.get();
    if (!who) return undefined;
    const anyway = this.findings.length > 0 && this.warned === text;
    this.busy = true;
    this.problem = "";
    try {
      const answer = await act(who, anyway);
      this.forget();
      return { answer, anyway };
    } catch (error) {
      if (isPersonal(error)) {
        this.findings = error.detail;
        this.warned = text;
      } else this.problem = told(error);
      return undefined;
    } finally {
      this.busy = false;
    }
  }

  forget(): void {
    this.findings = [];
    this.warned = "";
    this.problem = "";
  }
}
