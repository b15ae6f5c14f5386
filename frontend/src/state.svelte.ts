/** The one store of the page: what the server said, what the reader chose. */
import { api, follow, ServerError, type Area, type AreaMap, type Explanation, type Forecast, type History, type LevelChance, type Message, type RecordRow } from "./api";
import { fromHash, toHash, type Mode, type Tab } from "./mode";
import { change, EMPTY_AREA, freshness, placesOf, pressure, reduce, sortedAlerts, type AreaModel, type Model, type Place } from "./model";
import { remember, remembered } from "./prefs";
import { RECORD_DAYS } from "./record";
import { applyTheme, themeOf, type ThemeChoice, type ThemeName } from "./theme";

export type Contact = { kind: "connecting" } | { kind: "open" } | { kind: "lost"; since: number | null; why: string };

const GATHER_MS = 120;
/** The chart asks the server again at most this often: a day of figures changes slowly, and there may be many viewers. */
const DETAIL_MS = 3000;
/** A record of thirty days changes more slowly still. */
const RECORD_MS = 60_000;

const THEME_CHOICES = ["light", "dark", "auto"] as const;

class Store {
  areas = $state.raw<Area[]>([]);
  maps = $state.raw<Record<string, AreaMap>>({});
  model = $state.raw<Model>({});
  mode = $state.raw<Mode>({ name: "live", area: "", place: null });
  contact = $state.raw<Contact>({ kind: "connecting" });
  history = $state.raw<History | null>(null);
  forecasts = $state.raw<Forecast[]>([]);
  detailError = $state("");
  /** How good the forecasts of the selected place were; null until it is known. */
  record = $state.raw<RecordRow[] | null>(null);
  recordError = $state("");
  levelChances = $state.raw<LevelChance[]>([]);
  levelChancesError = $state("");
  /** Why the selected zone's number is what it is; read only while the reader looks at it. */
  explanation = $state.raw<Explanation | null>(null);
  explanationError = $state("");
  explaining = $state(false);
  clockError = $state("");
  loaded = $state(false);
  tableOpen = $state(false);
  keysOpen = $state(false);
  sensorsOpen = $state(false);
  /** Real milliseconds since the page last heard the area's clock; moves a live clock on between two rows. */
  tick = $state(0);
  themeChoice = $state<ThemeChoice>(THEME_CHOICES.find((choice) => choice === remembered("theme")) ?? "auto");
  #prefersDark = $state(matchMedia("(prefers-color-scheme: dark)").matches);
  #heardAt = performance.now();
  #lastContact: number | null = null;
  #autoPlace = $state<string | null>(null);
  #detailOf = "";
  #recordAt = -Infinity;
  #detailTimer: ReturnType<typeof setTimeout> | undefined;
  #loading: Promise<void> | null = null;
  #heard: Message[] = [];
  #flushing: ReturnType<typeof setTimeout> | undefined;

  theme: ThemeName = $derived(themeOf(this.themeChoice, this.#prefersDark));
  area: Area | null = $derived(this.areas.find((area) => area.id === this.mode.area) ?? null);
  zone: string = $derived(this.area?.timezone ?? "UTC");
  map: AreaMap | undefined = $derived(this.maps[this.mode.area]);
  here: AreaModel = $derived(this.model[this.mode.area] ?? EMPTY_AREA);
  places: Place[] = $derived(placesOf(this.here, this.map));
  alerts = $derived(sortedAlerts(this.here.alerts));
  now: number = $derived.by(() => {
    const said = Date.parse(this.here.clock?.now ?? this.here.time ?? "");
    const live = this.here.clock?.mode === "live" && this.contact.kind === "open";
    return (Number.isFinite(said) ? said : 0) + (live ? this.tick : 0);
  });
  moving: boolean = $derived(this.here.clock?.moving ?? false);
  freshness = $derived(freshness(this.here.health, this.now));
  /** True while the reader has not chosen a place. */
  following: boolean = $derived(this.mode.place === null);
  selectedId: string | null = $derived(this.mode.place ?? this.#autoPlace);
  tab: Tab = $derived(this.mode.tab ?? "place");
  selected: Place | null = $derived(this.places.find((place) => place.id === this.selectedId) ?? null);

  start(): () => void {
    const asked = fromHash(location.hash);
    if (asked) this.mode = asked;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const darkChanged = () => (this.#prefersDark = dark.matches);
    dark.addEventListener("change", darkChanged);
    const ticking = setInterval(() => (this.tick = performance.now() - this.#heardAt), 1000);
    const onHash = () => {
      const mode = fromHash(location.hash);
      if (mode && this.areas.some((area) => area.id === mode.area)) this.#go(mode);
    };
    addEventListener("hashchange", onHash);
    const stop = follow(
      (message) => this.#hear(message),
      (open) => this.#setContact(open),
    );
    return () => {
      stop();
      clearInterval(ticking);
      removeEventListener("hashchange", onHash);
      dark.removeEventListener("change", darkChanged);
    };
  }

  chooseTheme(choice: ThemeChoice): void {
    this.themeChoice = choice;
    remember("theme", choice);
    applyTheme(this.theme);
  }

  chooseArea(id: string): void {
    if (id !== this.mode.area && this.areas.some((area) => area.id === id)) this.#go({ ...this.mode, area: id, place: null });
  }

  openTab(tab: Tab): void {
    this.#go({ ...this.mode, tab });
  }

  /** A row that the server answered to an act: no need to wait until the stream tells it too. */
  heard(message: Message): void {
    this.#take([message]);
  }

  select(place: string | null): void {
    this.#go({ ...this.mode, place });
  }

  /** Move the selection along the list, from the most urgent down. */
  step(by: number): void {
    const at = this.places.findIndex((place) => place.id === this.selectedId);
    const next = this.places[Math.min(this.places.length - 1, Math.max(0, at + by))];
    if (next) this.select(next.id);
  }

  explain(open: boolean): void {
    if (this.explaining === open) return;
    this.explaining = open;
    if (open) void this.#loadExplanation();
  }

  async setClock(part: { paused?: boolean; speed?: number; move_to?: string }): Promise<void> {
    const area = this.mode.area;
    this.clockError = "";
    try {
      this.#take([{ type: "clock", data: await api.setClock({ area, ...part }) }]);
    } catch (error) {
      this.clockError = sentence(error);
    }
  }

  #go(mode: Mode): void {
    const newArea = mode.area !== this.mode.area;
    this.mode = mode;
    if (location.hash !== toHash(mode)) history.replaceState(null, "", toHash(mode));
    if (newArea) {
      this.#autoPlace = null;
      this.clockError = "";
      remember("area", mode.area);
      this.#heardAt = performance.now();
      this.tick = 0;
      void this.#loadArea(mode.area);
    }
    this.#choosePlace();
  }

  /** A fast replay sends many messages at once; they are put on the screen together. */
  #hear(message: Message): void {
    this.#lastContact = Date.now();
    this.#heard.push(message);
    this.#flushing ??= setTimeout(() => {
      this.#flushing = undefined;
      const messages = this.#heard;
      this.#heard = [];
      this.#take(messages);
    }, GATHER_MS);
  }

  #take(messages: readonly Message[]): void {
    let model = this.model;
    const seen = new Set<Message["type"] | "arrived">();
    for (const message of messages) {
      if (message.type === "hello") {
        seen.add("hello");
        continue;
      }
      const area = message.data.area;
      const wasMoving = model[area]?.clock?.moving ?? false;
      model = reduce(model, message);
      if (area !== this.mode.area) continue;
      if (message.type === "forecast" && !message.data.targets.includes(this.selectedId ?? "")) continue;
      seen.add(message.type);
      if (message.type === "clock" && wasMoving && !message.data.moving) seen.add("arrived");
    }
    this.model = model;
    if (seen.has("clock") || seen.has("state")) {
      this.#heardAt = performance.now();
      this.tick = 0;
    }
    if (seen.has("state") || seen.has("alert")) this.#choosePlace();
    if (seen.has("arrived")) this.#recordAt = -Infinity;
    if (seen.has("hello")) void this.reload();
    else if (seen.has("arrived")) void this.#loadArea(this.mode.area);
    else if (seen.has("state") || seen.has("forecast")) this.#refreshDetail();
  }

  #setContact(open: boolean): void {
    if (open) {
      this.#lastContact = Date.now();
      // The figures on the screen are still the old ones until they are read again.
      if (!this.loaded || this.contact.kind === "lost") void this.reload();
    } else if (this.contact.kind !== "lost") this.contact = { kind: "lost", since: this.#lastContact, why: "" };
  }

  /** Read everything again; one at a time. */
  reload(): Promise<void> {
    this.#loading ??= this.#load().finally(() => (this.#loading = null));
    return this.#loading;
  }

  async #load(): Promise<void> {
    try {
      const [areas, clocks] = await Promise.all([api.areas(), api.clocks()]);
      this.areas = areas;
      for (const clock of clocks) this.model = change(this.model, clock.area, { clock });
      const wanted = [this.mode.area, remembered("area"), areas[0]?.id];
      const id = wanted.find((candidate) => areas.some((area) => area.id === candidate)) ?? "";
      if (id !== this.mode.area) this.mode = { ...this.mode, area: id, place: null };
      if (id !== "") await this.#loadArea(id);
      this.contact = { kind: "open" };
      this.loaded = true;
    } catch (error) {
      this.contact = { kind: "lost", since: this.#lastContact, why: error instanceof ServerError ? error.message : "" };
      setTimeout(() => void this.reload(), 2000);
    }
  }

  async #loadArea(id: string): Promise<void> {
    try {
      const [map, zones, flows, totals, alerts, health] = await Promise.all([
        this.maps[id] ?? api.map(id),
        api.zones(id),
        api.flows(id),
        api.totals(id),
        api.alerts(id),
        api.health(id),
      ]);
      this.maps = { ...this.maps, [id]: map };
      const time = zones[0]?.time ?? flows[0]?.time ?? null;
      this.model = change(this.model, id, { zones, flows, totals, alerts, health, time });
      if (id === this.mode.area) {
        this.#choosePlace();
        this.#refreshDetail(true);
      }
    } catch (error) {
      if (this.#loading) throw error;
      this.contact = { kind: "lost", since: this.#lastContact, why: error instanceof ServerError ? error.message : "" };
      setTimeout(() => void this.reload(), 2000);
    }
  }

  /** Without a choice of the reader: the most urgent place, but no jumping between equally quiet ones. */
  #choosePlace(): void {
    const top = this.places[0];
    const current = this.places.find((place) => place.id === this.#autoPlace);
    if (top && (!current || top.alert !== null || pressure(top) > pressure(current))) this.#autoPlace = top.id;
    if (this.#detailOf !== this.#detailKey()) this.#refreshDetail(true);
  }

  #detailKey = (): string => `${this.mode.area}/${this.selectedId ?? ""}`;

  /** The chart follows the stream, but not more often than a reader can see. */
  #refreshDetail(atOnce = false): void {
    if (atOnce) {
      clearTimeout(this.#detailTimer);
      this.#detailTimer = undefined;
      void this.#loadDetail();
    } else {
      this.#detailTimer ??= setTimeout(() => {
        this.#detailTimer = undefined;
        void this.#loadDetail();
      }, DETAIL_MS);
    }
  }

  async #loadDetail(): Promise<void> {
    const key = this.#detailKey();
    const [area, target] = [this.mode.area, this.selectedId];
    if (this.#detailOf !== key) {
      this.#detailOf = key;
      this.history = null;
      this.forecasts = [];
      this.explanation = null;
      this.explanationError = "";
      this.record = null;
      this.recordError = "";
      this.#recordAt = -Infinity;
      this.levelChances = [];
      this.levelChancesError = "";
    }
    if (target === null || area === "") return;
    if (this.explaining) void this.#loadExplanation();
    void this.#loadLevelChances(key, area, target);
    if (performance.now() - this.#recordAt >= RECORD_MS) void this.#loadRecord(key, area, target);
    try {
      const [past, forecasts] = await Promise.all([api.history(area, target), api.forecasts(area, target)]);
      if (key !== this.#detailKey()) return;
      this.history = past;
      this.forecasts = forecasts;
      this.detailError = "";
    } catch (error) {
      if (key === this.#detailKey()) this.detailError = sentence(error);
    }
  }

  async #loadRecord(key: string, area: string, target: string): Promise<void> {
    this.#recordAt = performance.now();
    try {
      const rows = await api.record(area, target, RECORD_DAYS);
      if (key !== this.#detailKey()) return;
      this.record = rows;
      this.recordError = "";
    } catch (error) {
      if (key !== this.#detailKey()) return;
      // Without contact the whole page is greyed, with the figures it has.
      if (error instanceof ServerError) this.record = null;
      else this.#recordAt = -Infinity;
      this.recordError = sentence(error);
    }
  }

  async #loadLevelChances(key: string, area: string, target: string): Promise<void> {
    try {
      const rows = await api.levelChances(area, target);
      if (key !== this.#detailKey()) return;
      this.levelChances = rows;
      this.levelChancesError = "";
    } catch (error) {
      if (key !== this.#detailKey()) return;
      if (error instanceof ServerError) this.levelChances = [];
      // Where the server knows no such chances there is nothing to tell.
      this.levelChancesError = error instanceof ServerError && error.status === 404 ? "" : sentence(error);
    }
  }

  async #loadExplanation(): Promise<void> {
    const [key, area, place] = [this.#detailKey(), this.mode.area, this.selected];
    if (place?.kind !== "zone") return;
    try {
      const found = await api.explanation(area, place.id);
      if (key !== this.#detailKey()) return;
      this.explanation = found;
      this.explanationError = "";
    } catch (error) {
      if (key !== this.#detailKey()) return;
      this.explanation = null;
      this.explanationError = sentence(error);
    }
  }
}

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const store = new Store();
