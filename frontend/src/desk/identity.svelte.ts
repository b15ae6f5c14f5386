/** Who sits at this screen: asked once, before the first act, and changed at a change of shift. */
import { remember, remembered } from "../prefs";
import { ROLES, type Role, type Who } from "./api";

const isRole = (text: string | null): text is Role => ROLES.some((role) => role === text);

function first(): Who | null {
  const [by, role] = [remembered("who.name")?.trim(), remembered("who.role")];
  return by && isRole(role ?? null) ? { by, role: role as Role } : null;
}

class Identity {
  who = $state.raw<Who | null>(first());
  asking = $state(false);
  #waiting: ((who: Who | null) => void)[] = [];

  /** The one who acts; asks when nobody has said so yet. Null when the question was put away: then do nothing. */
  get(): Promise<Who | null> {
    if (this.who) return Promise.resolve(this.who);
    this.asking = true;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  change(): void {
    this.asking = true;
  }

  set(by: string, role: Role): void {
    this.who = { by: by.trim(), role };
    remember("who.name", this.who.by);
    remember("who.role", role);
    this.#answer(this.who);
  }

  dismiss(): void {
    this.#answer(null);
  }

  #answer(who: Who | null): void {
    this.asking = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(who);
  }
}

export const identity = new Identity();
