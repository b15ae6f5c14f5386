/**
 * The mock server's logbook, incidents, bowtie and notices: invented, kept in memory, changed by what is sent.
 *
 *   const desk = makeLogbook({ nowOf, modeOf, nameOf, picture, alertsOf });
 *   const answer = desk.answer(method, path, query, body);  // undefined where the path is not one of these
 */
const ERROR = (status, code, message, detail = null) => ({ status, body: { error: { code, message, detail } } });
const OK = (body) => ({ status: 200, body });
const iso = (time) => new Date(time).toISOString().replace("Z", "+00:00");
const MINUTE = 60_000;
const NAMES = /\b(Jan|Fatima|Kevin|Emma) [A-Z][a-z]+/g;
const PLATES = /\b[A-Z]{2}-\d{3}-[A-Z]\b/g;

/** Places are told in code points, as Python counts. */
function personal(text) {
  const found = (kind, pattern) =>
    [...text.matchAll(pattern)].map((match) => {
      const start = [...text.slice(0, match.index)].length;
      return { kind, found: match[0], start, end: start + [...match[0]].length };
    });
  return [...found("name", NAMES), ...found("plate", PLATES)].sort((a, b) => a.start - b.start);
}

const hashOf = (number, text) => {
  let value = number;
  for (const letter of text) value = Math.imul(value ^ letter.codePointAt(0), 2654435761) >>> 0;
  return value.toString(16).padStart(8, "0").repeat(8);
};

const BOWTIE = {
  id: "kurplein", name: "Kurplein te vol", zone: "z-12", level: "red", horizon_s: 7200,
  threats: [
    { id: "concert", name: "Concert draws more people than planned", low: 0.1, chance: 0.2, high: 0.35 },
    { id: "trains", name: "Two full trains at once", low: 0.05, chance: 0.12, high: 0.2 },
  ],
  barriers: [
    { id: "stewards", name: "Stewards at the square", side: "preventive", on: ["concert", "trains"], owner: "Organiser", effectiveness: [0.4, 0.6, 0.75] },
    { id: "dosing", name: "Dosing at the station exit", side: "preventive", on: ["trains"], owner: "Railway", effectiveness: [0.5, 0.7, 0.85] },
    { id: "exits", name: "Exits kept free", side: "recovering", on: ["crush"], owner: "Municipality", effectiveness: [0.6, 0.8, 0.9] },
    { id: "firstaid", name: "First aid post", side: "recovering", on: ["crush", "unwell"], owner: "Medical", effectiveness: [0.2, 0.4, 0.6] },
  ],
  factors: [
    { id: "heat", name: "Heat above 27 °C", present: true, odds_ratio: [1.1, 1.5, 2.2], source: "judgement of the invented officer B. Duin" },
    { id: "dark", name: "Darkness", present: false, odds_ratio: [1, 1.3, 1.8], source: "judgement of the invented officer B. Duin" },
  ],
  consequences: [
    { id: "crush", name: "People are pressed", share: 0.2 },
    { id: "unwell", name: "People become unwell", share: 0.5 },
  ],
};

/** Chance that a barrier stops what comes through it: the worst, best and most favourable case of its status. */
function works({ effectiveness: [low, best, high] }, status) {
  if (status === "unknown") return [0, best / 2, high];
  const share = { up: 1, degraded: 0.5, down: 0 }[status];
  return [low * share, best * share, high * share];
}
const shifted = (chance, ratio) => (chance * ratio) / (1 - chance + chance * ratio);

/** Low, best and high chance of the top event, with the first `factors` present factors and all barriers in `statuses`. */
function topOf(bowtie, statuses, factors) {
  return [0, 1, 2].map((k) => {
    const missed = bowtie.threats.reduce((product, threat) => {
      const open = bowtie.barriers.filter((b) => b.side === "preventive" && b.on.includes(threat.id)).reduce((p, b) => p * (1 - works(b, statuses[b.id])[2 - k]), 1);
      return product * (1 - [threat.low, threat.chance, threat.high][k] * open);
    }, 1);
    return factors.reduce((chance, factor) => shifted(chance, factor.odds_ratio[k]), 1 - missed);
  });
}

export function makeLogbook({ nowOf, modeOf, nameOf, picture, alertsOf }) {
  const books = {};
  const statuses = Object.fromEntries(BOWTIE.barriers.map((b) => [b.id, { status: b.id === "dosing" ? "unknown" : "up", status_by: null, status_at: null, status_why: "" }]));
  const present = Object.fromEntries(BOWTIE.factors.map((f) => [f.id, f.present]));

  const book = (area) => (books[area] ??= begin(area));
  function begin(area) {
    const made = { entries: [], frozen: new Map(), incidents: [], notices: [] };
    books[area] = made;
    if (area !== "strand") return made;
    const ago = (minutes) => iso(nowOf(area) - minutes * MINUTE);
    append(area, { by: "M. Zand", role: "crowd_manager", text: "Start of the watch; all sensors seen.", place: null, category: "handover" }, ago(180));
    append(area, { by: "B. Duin", role: "operator", text: "Queue at the tram stop, about 60 people.", place: "z-17", category: "observation", occurred_at: ago(101) }, ago(95));
    append(area, { by: "B. Duin", role: "operator", text: "Queue is about 160 people, not 60.", place: "z-17", category: "correction", corrects: 2 }, ago(90));
    append(area, { by: "M. Zand", role: "crowd_manager", text: "Extra tram asked.", place: "z-17", category: "decision", priority: "important", reason: "the queue grows by 10 a minute", action: { text: "confirm the extra tram", owner: "B. Duin", due: ago(40) } }, ago(80));
    openIncident(area, { by: "B. Duin", role: "operator", category: "structure", place: "z-12", text: "Fence fallen over <b>at the stage</b>" }, ago(30));
    const notice = (id, part) => made.notices.push({ area, id, channel: "webhook", kind: "alert_raised", title: { en: "Boulevard Noord reaches red", nl: "Boulevard Noord bereikt rood" }, created_at: ago(12), state: "held", tries: 0, next_try_at: null, delivered_at: null, why: "nothing leaves this machine", ...part });
    notice("n1", { channel: "email", state: "given_up", tries: 6, why: "the mail server did not answer within 10 s", title: { en: "Kurplein reaches orange", nl: "Kurplein bereikt oranje" } });
    notice("n2", { channel: "mqtt", state: "waiting", tries: 2, next_try_at: iso(nowOf(area) + 2 * MINUTE), why: "connection refused" });
    notice("n3", {});
    notice("n4", { channel: "screen", state: "delivered", tries: 1, delivered_at: ago(12), why: "" });
    return made;
  }

  function append(area, draft, enteredAt = iso(nowOf(area))) {
    const own = book(area);
    const number = own.entries.length + 1;
    const corrected = own.entries.find((entry) => entry.number === draft.corrects);
    const entry = {
      area, book: `${modeOf(area)}-1`, number, occurred_at: draft.occurred_at ?? enteredAt, entered_at: enteredAt, author: draft.by, role: draft.role,
      place: draft.place ?? null, place_name: draft.place ? nameOf(area, draft.place) : "", category: draft.category, priority: draft.priority ?? "normal", text: draft.text,
      reason: draft.reason ?? "", rejected: draft.rejected ?? [], action: draft.action ? { ...draft.action, done_at: null } : null, corrects: draft.corrects ?? null, corrected_by: null,
      incident: draft.incident ?? null, alert: draft.alert ?? null, decision: draft.decision ?? null, hash: hashOf(number, draft.text), frozen: true,
    };
    if (corrected) corrected.corrected_by = number;
    own.entries.push(entry);
    own.incidents.find((one) => one.id === entry.incident)?.entries.push(number);
    own.frozen.set(number, structuredClone(picture(area)));
    return entry;
  }

  function openIncident(area, draft, at) {
    const own = book(area);
    const incident = { area, id: `incident-${own.incidents.length + 1}`, category: draft.category, place: draft.place, place_name: draft.place ? nameOf(area, draft.place) : "", opened_at: at ?? iso(nowOf(area)), closed_at: null, title: draft.text, entries: [] };
    own.incidents.push(incident);
    append(area, { ...draft, category: "incident", incident: incident.id }, at);
    return incident;
  }

  function bowtieRow(area) {
    const now = Object.fromEntries(BOWTIE.barriers.map((b) => [b.id, statuses[b.id].status]));
    const on = BOWTIE.factors.filter((f) => present[f.id]);
    const [low, chance, high] = topOf(BOWTIE, now, on);
    const standing = { ...Object.fromEntries(BOWTIE.barriers.map((b) => [b.id, "up"])) };
    const steps = [{ kind: "base", id: "base", name: "Base", values: topOf(BOWTIE, standing, []) }];
    on.forEach((factor, i) => steps.push({ kind: "factor", id: factor.id, name: factor.name, values: topOf(BOWTIE, standing, on.slice(0, i + 1)) }));
    for (const barrier of BOWTIE.barriers.filter((b) => b.side === "preventive" && now[b.id] !== "up")) {
      standing[barrier.id] = now[barrier.id];
      steps.push({ kind: "barrier", id: barrier.id, name: barrier.name, values: topOf(BOWTIE, standing, on) });
    }
    // Where a step would lead at the ends of its own interval, from the best guess before it.
    const alone = ({ kind, id, values }, before) => {
      if (before === null) return { low: values[0], high: values[2] };
      if (kind === "barrier") return { low: before, high: Math.min(1, values[1] + (values[1] - before)) };
      const [low, , high] = on.find((factor) => factor.id === id).odds_ratio;
      return { low: shifted(before, low), high: shifted(before, high) };
    };
    const waterfall = steps.map((step, i) => ({ kind: step.kind, id: step.id, name: step.name, from: i === 0 ? 0 : steps[i - 1].values[1], to: step.values[1], ...alone(step, i === 0 ? null : steps[i - 1].values[1]) }));
    const consequences = BOWTIE.consequences.map(({ id, name, share }) => {
      const open = (k) => BOWTIE.barriers.filter((b) => b.side === "recovering" && b.on.includes(id)).reduce((p, b) => p * (1 - works(b, now[b.id])[2 - k]), 1);
      return { id, name, low: low * share * open(0), chance: chance * share * open(1), high: high * share * open(2) };
    });
    return {
      area, id: BOWTIE.id, name: BOWTIE.name, zone: BOWTIE.zone, level: BOWTIE.level, horizon_s: BOWTIE.horizon_s, top: { name: "Kurplein reaches red within 2 h", low, chance, high }, forecast_chance: 0.12,
      threats: BOWTIE.threats, barriers: BOWTIE.barriers.map((b) => ({ ...b, ...statuses[b.id] })), factors: BOWTIE.factors.map((f) => ({ ...f, present: present[f.id] })), consequences, waterfall,
    };
  }

  function handover(area, hours) {
    const own = book(area);
    const since = nowOf(area) - hours * 60 * MINUTE;
    const open = own.incidents.filter((one) => one.closed_at === null);
    const actions = own.entries
      .filter((entry) => entry.action && entry.action.done_at === null)
      .map((entry) => ({ number: entry.number, text: entry.action.text, owner: entry.action.owner, due: entry.action.due, overdue: Date.parse(entry.action.due) < nowOf(area), place: entry.place }));
    const standing = (kind) => alertsOf(area).filter((alert) => alert.kind === kind).map((alert) => ({ id: alert.id, since: alert.raised_at, what: Object.fromEntries(["en", "nl"].map((language) => [language, `${alert.name}: ${alert.because[language]}`])) }));
    const head = own.entries.at(-1);
    return {
      area, book: `${modeOf(area)}-1`, since: iso(since), until: iso(nowOf(area)), incidents: open, actions, decisions: [], alerts: standing("crowd"), data_problems: standing("data"),
      undelivered: own.notices.filter((one) => ["given_up", "waiting"].includes(one.state)).length, new_entries: own.entries.filter((entry) => Date.parse(entry.entered_at) >= since).length,
      head: head ? { number: head.number, hash: head.hash } : null, text: { en: `${open.length} open incidents, ${actions.length} open actions.`, nl: `${open.length} open incidenten, ${actions.length} open acties.` },
    };
  }

  function read(path, query) {
    const area = query.get("area");
    const own = book(area);
    switch (path) {
      case "/v1/logbook":
        return OK(own.entries.filter((entry) => entry.number > Number(query.get("after") ?? 0)).slice(0, Number(query.get("limit") ?? 200)));
      case "/v1/logbook/frozen": {
        const frozen = own.frozen.get(Number(query.get("number")));
        return frozen ? OK(frozen) : ERROR(404, "unknown_name", `no entry ${query.get("number")}; known: 1 to ${own.entries.length}`);
      }
      case "/v1/logbook/handover":
        return OK(handover(area, Number(query.get("hours") ?? 8)));
      case "/v1/logbook/export":
        return { status: 200, text: `number,text\n${own.entries.map((entry) => `${entry.number},"${entry.text.replaceAll('"', '""')}"`).join("\n")}\n` };
      case "/v1/incidents":
        return OK(own.incidents);
      case "/v1/bowties":
        return OK(area === "strand" ? [bowtieRow(area)] : []);
      case "/v1/notices":
        return OK(own.notices);
      default:
        return undefined;
    }
  }

  function write(path, body) {
    const own = books[body.area] ?? book(body.area);
    const named = typeof body.by === "string" && body.by.trim() !== "";
    const guarded = (text, make) => {
      if (!named) return ERROR(422, "wrong_data", "by is empty; expected the name of who writes this");
      const found = personal(text);
      if (found.length > 0 && body.anyway !== true) return ERROR(422, "personal_data", "the text seems to name a person or a plate; leave it out, or send it anyway", found);
      return OK(make());
    };
    switch (path) {
      case "/v1/logbook":
        return guarded(body.text, () => append(body.area, body));
      case "/v1/logbook/done": {
        const entry = own.entries.find((one) => one.number === body.number);
        entry.action.done_at = iso(nowOf(body.area));
        return OK(append(body.area, { ...body, text: `Done: ${entry.action.text}`, place: entry.place, category: "measure" }));
      }
      case "/v1/incidents":
        return guarded(body.text, () => openIncident(body.area, body));
      case "/v1/incidents/close":
        return guarded(body.text, () => {
          const incident = own.incidents.find((one) => one.id === body.id);
          append(body.area, { ...body, place: incident.place, category: "incident", incident: incident.id });
          incident.closed_at = iso(nowOf(body.area));
          return incident;
        });
      case "/v1/bowties/barrier":
        if (!named) return ERROR(422, "wrong_data", "by is empty; expected the name of who says so");
        Object.assign(statuses[body.barrier], { status: body.status, status_by: body.by, status_at: iso(nowOf(body.area)), status_why: body.why });
        return OK(bowtieRow(body.area));
      case "/v1/bowties/factor":
        present[body.factor] = body.present;
        return OK(bowtieRow(body.area));
      case "/v1/notices/retry": {
        const notice = own.notices.find((one) => one.id === body.id && one.channel === body.channel);
        Object.assign(notice, { state: "waiting", next_try_at: iso(nowOf(body.area)), why: "tried again by hand" });
        return OK(notice);
      }
      default:
        return undefined;
    }
  }

  return { append, answer: (method, path, query, body) => (method === "POST" ? write(path, body) : read(path, query)) };
}
