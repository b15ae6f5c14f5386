/**
 * The mock server's course of alerts, measures, proposals and decisions: invented, kept in memory, changed by what is sent.
 *
 *   const desk = makeDesk({ nowOf, send });
 *   desk.told(alert)                                        // an alert's row with its course
 *   const answer = desk.answer(method, path, query, body, alertsOf);  // undefined where the path is not one of these
 */
const MINUTE = 60_000;
const iso = (time) => new Date(time).toISOString().replace(".000Z", "+00:00").replace("Z", "+00:00");
const ERROR = (status, code, message, detail = null) => ({ status, body: { error: { code, message, detail } } });
const OK = (body) => ({ status: 200, body });

const NO_EXPERIENCE = { times: 0, shown_less: 0, shown_more: 0, none_shown: 0, text: { en: "Not used yet.", nl: "Nog niet gebruikt." } };
const MEASURES = [
  {
    id: "close-ramp", name: "Close the ramp", kind: "close", where: [], decides: "crowd_manager", owner: "Traffic wardens", set_up_s: 1800, lasts_s: 7200,
    needs: ["4 wardens", "2 fences"], expected_effect: "inflow falls by about half", side_effects: ["people go to the next ramp"], description: "Fences across the ramp; people may still leave.",
    experience: { times: 3, shown_less: 1, shown_more: 0, none_shown: 2, text: { en: "Used 3 times: less busy than forecast once, no effect shown twice.", nl: "3 keer gebruikt: een keer minder druk dan de prognose, twee keer geen effect aangetoond." } },
  },
  {
    id: "one-way", name: "One-way on the boulevard", kind: "one_way", where: [], decides: "crowd_manager", owner: "Hosts", set_up_s: 600, lasts_s: null,
    needs: ["8 hosts"], expected_effect: "less jostling, the same number of people", side_effects: [], description: "Hosts and signs send everybody north.", experience: NO_EXPERIENCE,
  },
  {
    id: "no-more-trains", name: "Trains pass the station by", kind: "transport", where: [], decides: "police_liaison", owner: "Railway", set_up_s: 5400, lasts_s: 3600,
    needs: ["the railway's traffic control"], expected_effect: "no new visitors by train", side_effects: ["people wait at other stations"], description: "", experience: NO_EXPERIENCE,
  },
  {
    id: "screens", name: "Advice on the screens", kind: "inform", where: [], decides: "operator", owner: "Communication", set_up_s: 120, lasts_s: null,
    needs: [], expected_effect: "some choose another beach", side_effects: [], description: "", experience: NO_EXPERIENCE,
  },
];
const PROPOSED = MEASURES.slice(0, 3);
const PRIORITY = { red: "high", orange: "medium", yellow: "low" };
const FITS = ["in_time", "tight", "reached", "too_late"];

export function makeDesk({ nowOf, send }) {
  const courses = new Map();
  const decisions = [];
  const courseOf = (area, id) => courses.get(`${area}/${id}`) ?? { acknowledged_at: null, acknowledged_by: null, shelved_until: null, shelved_by: null, shelved_why: null };

  /** The first alert of the area is told with its neighbour, and one is in quiet hours. */
  function told(alert) {
    const course = courseOf(alert.area, alert.id);
    const state = course.shelved_until ? "shelved" : course.acknowledged_at ? "acknowledged" : "raised";
    const before = alert.expected_at === null ? null : iso(Math.max(nowOf(alert.area) - 4 * MINUTE, Date.parse(alert.expected_at) - 10 * MINUTE));
    return {
      ...alert, ...course, state, priority: alert.kind === "data" ? "low" : PRIORITY[alert.level],
      decide_before: before, decide_measure: before && "One-way on the boulevard", joined: alert.target === "boulevard-9" ? ["boulevard-10"] : [], quiet: alert.kind === "data",
    };
  }

  const cleared = (area) => [12, 38].map((minutes, k) => ({
    area, id: `cleared-${k}`, zone: null, target: `gone-${k}`, name: ["Havenkade", "Duinweg"][k], kind: "crowd", level: "orange", rule: "levels",
    raised_at: iso(nowOf(area) - (minutes + 20) * MINUTE), cleared_at: iso(nowOf(area) - minutes * MINUTE),
    because: { en: "It was busy.", nl: "Het was druk." }, expected_at: null, chance: null,
    state: "cleared", priority: "medium", acknowledged_at: null, acknowledged_by: null, shelved_until: null, shelved_by: null, shelved_why: null, decide_before: null, decide_measure: null, joined: [], quiet: false,
  }));

  function load(area, alerts) {
    const now = nowOf(area);
    const last = alerts.filter((alert) => now - Date.parse(alert.raised_at) < 10 * MINUTE).length;
    const hours = Array.from({ length: 24 }, (_, k) => ({ start: iso(Math.floor(now / (60 * MINUTE) - 23 + k) * 60 * MINUTE), high: k % 7 === 6 ? 1 : 0, medium: k % 3, low: (k * 5) % 4 }));
    return { area, last_10_min: last, most_in_10_min: Math.max(4, last), hours, verdict: last > 10 ? "flood" : last > 1 ? "busy" : "calm" };
  }

  function proposals(area, alerts) {
    if (area !== "strand") return [];
    const now = nowOf(area);
    const rows = alerts.filter((alert) => alert.kind === "crowd").flatMap((alert) =>
      PROPOSED.map((measure) => {
        const reached = alert.expected_at === null ? null : Date.parse(alert.expected_at);
        const ready = now + measure.set_up_s * 1000;
        const earliest = reached === null ? null : reached - 12 * MINUTE;
        const fit = reached === null ? "reached" : ready <= earliest ? "in_time" : ready <= reached ? "tight" : "too_late";
        const running = decisions.some((one) => one.area === area && one.target === alert.target && one.measures.some((taken) => taken.measure === measure.id && taken.ended_at === null));
        return {
          area, alert: alert.id, target: alert.target, target_name: alert.name, level: alert.level, reached_at: reached && iso(reached), earliest: earliest && iso(earliest), latest: reached && iso(reached + 25 * MINUTE),
          chance: alert.chance, scenario: `busy-${alert.level}`, scenario_name: `Boulevard ${alert.level}`, measure: measure.id, measure_name: measure.name, decides: measure.decides, owner: measure.owner, set_up_s: measure.set_up_s,
          decide_before: reached && iso(reached - measure.set_up_s * 1000), ready_at: iso(ready), fit, in_force: running,
          text: { en: `${measure.name}: ready in ${measure.set_up_s / 60} min.`, nl: `${measure.name}: klaar over ${measure.set_up_s / 60} min.` },
        };
      }),
    );
    return rows.sort((a, b) => FITS.indexOf(a.fit) - FITS.indexOf(b.fit) || a.set_up_s - b.set_up_s).map((row, k) => ({ ...row, rank: k + 1 }));
  }

  function acknowledge({ area, id, by }, alerts) {
    const alert = alerts.find((one) => one.id === id);
    if (!alert) return ERROR(404, "unknown_name", `no alert '${id}' stands in ${area}`);
    courses.set(`${area}/${id}`, { ...courseOf(area, id), acknowledged_at: iso(nowOf(area)), acknowledged_by: by });
    return push(alert);
  }
  function shelve({ area, id, by, minutes, why }, alerts) {
    const alert = alerts.find((one) => one.id === id);
    if (!alert) return ERROR(404, "unknown_name", `no alert '${id}' stands in ${area}`);
    if (minutes > 0 && !why) return ERROR(422, "wrong_data", "shelving without a reason; say in a few words why");
    const shelf = minutes > 0 ? { shelved_until: iso(nowOf(area) + minutes * MINUTE), shelved_by: by, shelved_why: why } : { shelved_until: null, shelved_by: null, shelved_why: null };
    courses.set(`${area}/${id}`, { ...courseOf(area, id), ...shelf });
    return push(alert);
  }
  function push(alert) {
    const row = told(alert);
    send("alert", row);
    return OK(row);
  }

  function decide(body) {
    if (body.reason === "") return ERROR(422, "wrong_use", "a decision with reason ''; expected why: say it, it will be asked later");
    const unknown = body.measures.find((id) => !MEASURES.some((one) => one.id === id));
    if (unknown !== undefined) return ERROR(422, "wrong_data", `no measure '${unknown}'; known: ${MEASURES.map((one) => one.id).join(", ")}`);
    const at = iso(nowOf(body.area));
    const { area, by, role, reason, target, alert, rejected, measures } = body;
    const row = {
      area, number: decisions.length + 1, taken_at: at, by, role, reason, target, alert, rejected, entry: 40 + decisions.length,
      measures: measures.map((id) => ({ measure: id, name: MEASURES.find((one) => one.id === id).name, decided_at: at, in_force_at: null, ended_at: null, effect: null })),
    };
    decisions.unshift(row);
    return OK(row);
  }
  function progress({ area, number, measure, state }) {
    const decision = decisions.find((one) => one.area === area && one.number === number);
    const taken = decision?.measures.find((one) => one.measure === measure);
    if (!taken) return ERROR(404, "unknown_name", `decision ${number} has no measure '${measure}'`);
    const at = iso(nowOf(area));
    if (state === "in_force") taken.in_force_at = at;
    else {
      taken.ended_at = at;
      taken.effect = {
        measure, target: decision.target, quantity: "occupancy", since: taken.in_force_at ?? at, until: at, measured: 900, expected: 960, difference: -60, low: -210, high: 90, verdict: "none_shown",
        text: { en: "60 persons fewer than forecast, between 210 fewer and 90 more: that may be chance.", nl: "60 personen minder dan de prognose, tussen 210 minder en 90 meer: dat kan toeval zijn." },
      };
    }
    return OK(decision);
  }

  function answer(method, path, query, body, alertsOf) {
    const area = query.get("area") ?? body?.area;
    if (method === "POST" && path.startsWith("/v1/alerts/") && !body.by) return ERROR(422, "wrong_data", "nobody acts; expected `by`, a person's name");
    switch (`${method} ${path}`) {
      case "GET /v1/alerts":
        return OK([...alertsOf(area).map(told), ...(query.get("active") === "true" ? [] : cleared(area))]);
      case "POST /v1/alerts/acknowledge":
        return acknowledge(body, alertsOf(area));
      case "POST /v1/alerts/shelve":
        return shelve(body, alertsOf(area));
      case "GET /v1/alerts/load":
        return OK([load(area, alertsOf(area))]);
      case "GET /v1/measures":
        return OK(area === "strand" ? MEASURES.map((measure) => ({ area, ...measure })) : []);
      case "GET /v1/proposals":
        return OK(proposals(area, alertsOf(area)));
      case "GET /v1/decisions":
        return OK(decisions.filter((one) => one.area === area));
      case "POST /v1/decisions":
        return decide(body);
      case "POST /v1/decisions/progress":
        return progress(body);
      default:
        return undefined;
    }
  }
  return { told, answer };
}
