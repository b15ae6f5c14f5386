/** What stands at the desk of the area on the screen: alert load, proposals, decisions; and the acts on them. */
import type { Alert } from "../api";
import { ServerError } from "../api";
import { i18n } from "../i18n.svelte";
import type { Tab } from "../mode";
import { clearedLately, stateOf, toldAlone } from "../model";
import { store } from "../state.svelte";
import { desk, orNone, type AlertLoad, type Decision, type Measure, type Notice, type Proposal, type Who } from "./api";
import { EMPTY_DRAFT, rejectedOf, running, targetShown, tick, tickNothing, type Draft } from "./decide";
import { identity } from "./identity.svelte";

/** Read again at most this often while the stream speaks, and at least this often while it is silent. */
const GATHER_MS = 3000;
const POLL_MS = 15_000;

class Desk {
  area = $state("");
  load = $state.raw<AlertLoad | null>(null);
  /** Null where the server knows of no such thing. */
  measures = $state.raw<Measure[] | null>(null);
  proposals = $state.raw<Proposal[] | null>(null);
  decisions = $state.raw<Decision[] | null>(null);
  notices = $state.raw<Notice[] | null>(null);
  hasLogbook = $state(false);
  hasBowties = $state(false);
  cleared = $state.raw<Alert[]>([]);
  draft = $state.raw<Draft>(EMPTY_DRAFT);
  readError = $state("");
  alertError = $state("");
  decideError = $state("");
  progressError = $state("");
  /** What was done last, for those who hear the page. */
  said = $state("");
  busy = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #polling: ReturnType<typeof setInterval> | undefined;
  #reading: Promise<void> | null = null;

  /** A tab is there when the server has something for it. */
  tabs: Tab[] = $derived.by(() => {
    const measures = [this.measures, this.proposals, this.decisions].some((list) => (list?.length ?? 0) > 0);
    const has: Record<Tab, boolean> = { place: true, measures, logbook: this.hasLogbook, risk: this.hasBowties, notices: this.notices !== null };
    return (Object.keys(has) as Tab[]).filter((tab) => has[tab]);
  });
  target: string | null = $derived(targetShown(this.proposals ?? [], store.selectedId, store.following));
  running = $derived(running(this.decisions ?? []));
  undelivered: number = $derived((this.notices ?? []).filter((notice) => notice.state === "given_up").length);

  /** An area came on the screen, or came back after a lost contact. */
  visit(area: string): void {
    if (area !== this.area) this.#clear(area);
    clearInterval(this.#polling);
    if (area === "") return;
    this.#polling = setInterval(() => this.notice(), POLL_MS);
    this.#reading = null;
    void this.refresh();
    void this.#probe(area);
  }

  #clear(area: string): void {
    this.area = area;
    [this.load, this.measures, this.proposals, this.decisions, this.notices] = [null, null, null, null, null];
    [this.hasLogbook, this.hasBowties, this.cleared, this.draft] = [false, false, [], EMPTY_DRAFT];
    [this.readError, this.alertError, this.decideError, this.progressError] = ["", "", "", ""];
  }

  /** Something moved: read again soon. */
  notice(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.refresh();
    }, GATHER_MS);
  }

  refresh(): Promise<void> {
    this.#reading ??= this.#read(this.area).finally(() => (this.#reading = null));
    return this.#reading;
  }

  async #read(area: string): Promise<void> {
    try {
      const [load, proposals, decisions, notices, alerts] = await Promise.all([
        orNone(desk.load(area)),
        orNone(desk.proposals(area)),
        orNone(desk.decisions(area)),
        orNone(desk.notices(area)),
        desk.alertsSince(area, 1),
      ]);
      if (area !== this.area) return;
      this.load = load?.find((row) => row.area === area) ?? null;
      [this.proposals, this.decisions, this.notices] = [proposals, decisions, notices];
      this.cleared = clearedLately(alerts, store.now);
      this.readError = "";
    } catch (error) {
      // A lost contact is told by the whole page.
      if (area === this.area && error instanceof ServerError) this.readError = error.message;
    }
  }

  /** What changes with the area's folder alone is asked once. */
  async #probe(area: string): Promise<void> {
    const known = await Promise.allSettled([orNone(desk.measures(area)), orNone(desk.logbook(area, 0, 1)), orNone(desk.bowties(area))]);
    if (area !== this.area) return;
    const [measures, logbook, bowties] = known;
    this.measures = measures.status === "fulfilled" ? measures.value : null;
    this.hasLogbook = logbook.status === "fulfilled" && logbook.value !== null;
    this.hasBowties = bowties.status === "fulfilled" && (bowties.value?.length ?? 0) > 0;
  }

  /** The alert of the place that the reader chose, else the first one that nobody acknowledged yet. */
  async acknowledgeNext(): Promise<void> {
    const open = toldAlone(store.alerts).filter((alert) => alert.state !== undefined && stateOf(alert) === "raised");
    const chosen = store.following ? undefined : open.find((alert) => [alert.target, ...(alert.joined ?? [])].includes(store.selectedId ?? ""));
    const alert = chosen ?? open[0];
    if (alert) await this.acknowledge(alert);
  }

  async acknowledge(alert: Alert): Promise<void> {
    const row = await this.#act((who) => desk.acknowledge(who, alert.area, alert.id), "alertError");
    if (!row) return;
    store.heard({ type: "alert", data: row });
    this.said = i18n.words.desk.alerts.done(row.name);
  }

  async shelve(alert: Alert, minutes: number, why: string): Promise<boolean> {
    const row = await this.#act((who) => desk.shelve(who, alert.area, alert.id, minutes, why), "alertError");
    if (row) store.heard({ type: "alert", data: row });
    return row !== null;
  }

  /** The first tick holds the place: what is being decided must not change under a hand. */
  tick(measure: string, on: boolean): void {
    this.#hold();
    this.draft = tick(this.draft, measure, on);
  }

  tickNothing(on: boolean): void {
    this.#hold();
    this.draft = tickNothing(this.draft, on);
  }

  #hold(): void {
    if (store.following || store.selectedId !== this.target) store.select(this.target);
  }

  async decide(shown: readonly Proposal[], notChosen: string): Promise<Decision | null> {
    const { area, target, draft } = this;
    const decision = {
      area,
      target,
      alert: shown.find((one) => one.alert !== null)?.alert ?? null,
      reason: draft.reason.trim(),
      measures: [...draft.ticked],
      rejected: rejectedOf(shown, draft, notChosen),
    };
    const row = await this.#act((who) => desk.decide(who, decision), "decideError");
    if (!row || area !== this.area) return row;
    this.draft = EMPTY_DRAFT;
    this.#put(row);
    return row;
  }

  async progress(decision: Decision, measure: string, state: "in_force" | "ended"): Promise<void> {
    const row = await this.#act((who) => desk.progress(who, decision.area, decision.number, measure, state), "progressError");
    if (row) this.#put(row);
  }

  #put(row: Decision): void {
    if (row.area !== this.area) return;
    this.decisions = [row, ...(this.decisions ?? []).filter((one) => one.number !== row.number)].sort((a, b) => b.number - a.number);
    // What was being read is from before the act.
    void (this.#reading ?? Promise.resolve()).then(() => this.refresh());
  }

  async #act<T>(work: (who: Who) => Promise<T>, kept: "alertError" | "decideError" | "progressError"): Promise<T | null> {
    const who = await identity.get();
    if (!who || this.busy) return null;
    this.busy = true;
    this[kept] = "";
    try {
      return await work(who);
    } catch (error) {
      this[kept] = error instanceof ServerError ? error.message : i18n.words.desk.noContact;
      return null;
    } finally {
      this.busy = false;
    }
  }
}

export const deskNow = new Desk();
