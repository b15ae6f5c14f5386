/**
 * Journeys of the logbook, incidents, hand-over, bowtie and notices.
 * A server that has no such part yet is passed over with a plain word.
 */
export async function logbookJourneys({ journey, expect, text, id, violations, shot, mocked }) {
  const press = (page, key) => page.locator("body").press(key);

  /** Opens a tab by its key; false, and a word of it, where the server has nothing for it. */
  async function opened(page, tab, key) {
    try {
      await page.locator(id(`tab-${tab}`)).waitFor({ timeout: 5000 });
    } catch {
      console.log(`  passed over: this server has nothing for the tab ${tab}`);
      return false;
    }
    await press(page, key);
    await page.locator(`${id(`tab-${tab}`)}[aria-selected="true"]`).waitFor();
    return true;
  }

  /** The first act of a journey is done by somebody; the page asks who. */
  async function asSomebody(page, act) {
    await act();
    const name = page.locator(`${id("who-dialog")} input`);
    await name.waitFor({ timeout: 10_000 });
    await name.fill("A. Toets");
    await name.press("Enter");
  }

  const said = (page, pattern) => page.waitForFunction(([selector, wanted]) => new RegExp(wanted).test(document.querySelector(selector)?.textContent ?? ""), [id("log-said"), pattern], { timeout: 10_000 });
  const entryWith = (page, sentence) => page.locator(id("entry")).filter({ hasText: sentence }).first();
  const newest = (page) => page.locator(`${id("entries")} ${id("entry")}`).first();

  await journey("a line of the logbook takes one key, a place and a sentence", async (start) => {
    const page = await start({ map: false });
    if (!(await opened(page, "logbook", "l"))) return;
    await page.waitForFunction(() => document.activeElement?.matches("[data-entry]"), null, { timeout: 10_000 });
    const place = await page.locator(id("log-place")).inputValue();
    expect(place === (await page.locator('[data-place][aria-current="true"] .name').innerText()), `the place is '${place}', not the selected one`);
    await page.keyboard.type("Queue <b>grows</b> at the tram stop");
    await asSomebody(page, () => page.keyboard.press("Enter"));
    await said(page, "Line \\d+ is written\\.");
    await entryWith(page, "Queue <b>grows</b>").waitFor();
    expect((await newest(page).locator(id("entry-text")).innerText()) === "Queue <b>grows</b> at the tram stop", "the newest line is another, or its markup became something else");
    expect((await page.locator(id("log-text")).inputValue()) === "", "the sentence stays in the box");
    expect(/A\. Toets/.test(await newest(page).innerText()), "the line does not tell who wrote it");
    const found = await violations(page);
    expect(found.length === 0, found.join("; "));
    await shot(page, "logbook");
  });

  await journey("a line that is being written survives a reload, and a place that is none is told", async (start) => {
    const page = await start({ map: false });
    if (!(await opened(page, "logbook", "l"))) return;
    await page.locator(id("log-text")).fill("Half a sentence");
    await page.locator(id("log-place")).fill("nowhere at all");
    await page.waitForTimeout(200);
    await page.reload();
    await page.locator(id("log-text")).waitFor();
    expect((await page.locator(id("log-text")).inputValue()) === "Half a sentence", "the reload lost the line");
    await page.locator(id("log-text")).press("Enter");
    expect(/No such place/.test(await text(page, id("log-problem"))), "nothing is said of the unknown place");
    expect((await page.locator(id("log-text")).inputValue()) === "Half a sentence", "a refused line is gone");
  });

  await journey("a line that did not arrive stays with the reason, and Enter sends it again under the same key", async (start) => {
    const page = await start({ map: false });
    if (!(await opened(page, "logbook", "l"))) return;
    const keys = [];
    await page.route("**/v1/logbook", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      keys.push(route.request().headers()["idempotency-key"]);
      return keys.length === 1 ? route.abort("connectionrefused") : route.continue();
    });
    await page.locator(id("log-text")).fill("The ramp is closed");
    await asSomebody(page, () => page.locator(id("log-text")).press("Enter"));
    await page.locator(id("log-problem")).waitFor({ timeout: 10_000 });
    expect(/Not written: no contact with the server/.test(await text(page, id("log-problem"))), `told is '${await text(page, id("log-problem"))}'`);
    expect((await page.locator(id("log-text")).inputValue()) === "The ramp is closed", "the line is lost");
    await page.locator(id("log-text")).press("Enter");
    await said(page, "is written");
    expect(keys.length === 2 && keys[0] === keys[1] && keys[0].length > 10, `the keys are ${keys.join(", ")}`);
  });

  await journey("a name in a line is marked, and a second Enter writes it with a warning", async (start) => {
    const page = await start({ map: false });
    if (!(await opened(page, "logbook", "l"))) return;
    // The emoji counts as one letter for the server and as two for a browser.
    await page.locator(id("log-text")).fill("🎈 Spoke with Jan Jansen at the gate");
    await asSomebody(page, () => page.locator(id("log-text")).press("Enter"));
    await page.locator(`${id("personal")} mark`).waitFor({ timeout: 10_000 });
    expect(/^Jan Jansen/.test(await text(page, `${id("personal")} mark`)), `marked is '${await text(page, `${id("personal")} mark`)}'`);
    await shot(page, "logbook-personal");
    const found = await violations(page);
    expect(found.length === 0, found.join("; "));
    await page.locator(id("log-text")).press("Enter");
    await said(page, "sent with a warning");
  });

  await journey("a line is corrected by a new one, and both tell of each other", async (start) => {
    const page = await start({ map: false });
    if (!(await opened(page, "logbook", "l"))) return;
    await page.locator(id("log-text")).fill("About 60 people wait");
    await asSomebody(page, () => page.locator(id("log-text")).press("Enter"));
    await said(page, "is written");
    await entryWith(page, "About 60 people wait").locator(id("correct")).click();
    await page.locator(id("log-text")).fill("About 160 people wait");
    await page.locator(id("log-text")).press("Enter");
    await entryWith(page, "About 160 people wait").locator(id("corrects")).click();
    await page.waitForFunction(() => document.activeElement?.matches('[data-testid="entry"]'));
    const old = page.locator(`${id("entry")}:focus`);
    expect(/About 60 people wait/.test(await old.innerText()), "the link leads elsewhere");
    expect(/corrected by line \d+/.test(await old.innerText()), "the old line does not tell that it was corrected");
  });

  await journey("a line shows what the screen showed then", async (start) => {
    const page = await start({ map: false });
    if (!(await opened(page, "logbook", "l"))) return;
    await page.locator(id("log-text")).fill("All quiet");
    await asSomebody(page, () => page.locator(id("log-text")).press("Enter"));
    await said(page, "is written");
    await entryWith(page, "All quiet").locator(id("open-frozen")).click();
    await page.locator(`${id("frozen-places")} tbody tr`).first().waitFor({ timeout: 10_000 });
    expect(/not the present picture/.test(await text(page, id("frozen"))), "the picture of then could pass for the present one");
    expect(!/\b(NaN|undefined|null|Invalid)\b/.test(await text(page, id("frozen"))), "the picture shows something that is not a figure");
    const found = await violations(page);
    expect(found.length === 0, found.join("; "));
    await shot(page, "logbook-frozen");
    await page.keyboard.press("Escape");
    await page.locator(id("frozen")).waitFor({ state: "detached" });
  });

  await journey("an action has an owner and a time, and is done with one button", async (start) => {
    const page = await start({ map: false });
    if (!(await opened(page, "logbook", "l"))) return;
    await page.locator(id("log-text")).fill("Two more stewards needed");
    await page.locator(id("log-more")).click();
    await page.locator(id("log-action")).fill("send two stewards");
    await page.locator(id("log-text")).press("Enter");
    expect(/what, who and before when/.test(await text(page, id("log-problem"))), "half an action is not told");
    await page.locator(id("log-owner")).fill("Organiser");
    const now = await page.locator(`${id("clock")} time`).getAttribute("datetime");
    await page.locator(id("log-due")).fill(new Date(Date.parse(now) + 3 * 86_400_000).toISOString().slice(0, 16));
    await asSomebody(page, () => page.locator(id("log-owner")).press("Enter"));
    await said(page, "is written");
    const entry = page.locator(id("entry")).filter({ hasText: "send two stewards" }).first();
    await entry.locator(id("action-done")).click();
    await page.locator(id("entry")).filter({ hasText: "Action, done:" }).first().waitFor({ timeout: 10_000 });
  });

  await journey("an incident is opened in two clicks, has a thread, and is closed with a sentence", async (start) => {
    const page = await start({ map: false });
    if (!(await opened(page, "logbook", "l"))) return;
    await page.locator(id("new-incident")).waitFor();
    const before = await page.locator(id("incident")).count();
    await page.click(id("new-incident"));
    await asSomebody(page, () => page.locator(`${id("incident-kinds")} button`).nth(1).click());
    await page.waitForFunction(([selector, count]) => document.querySelectorAll(selector).length === count, [id("incident"), before + 1]);
    await page.locator(id("log-text")).fill("First aid is there");
    await page.locator(id("log-text")).press("Enter");
    await said(page, "is written");
    const incident = page.locator(id("incident")).last();
    await incident.filter({ hasText: "Thread: 2 lines" }).waitFor({ timeout: 10_000 });
    const found = await violations(page);
    expect(found.length === 0, found.join("; "));
    await incident.locator(id("close-incident")).click();
    await page.locator(id("close-text")).fill("Over, nobody needs more");
    await page.locator(id("close-text")).press("Enter");
    await page.waitForFunction(([selector, count]) => document.querySelectorAll(selector).length === count, [id("incident"), before]);
  });

  await journey("the list is filtered by text and by category", async (start) => {
    const page = await start({ map: false });
    if (!(await opened(page, "logbook", "l"))) return;
    const enter = () => page.locator(id("log-text")).press("Enter");
    for (const [k, sentence] of ["Wind turns to the west", "Gate four is closed"].entries()) {
      await page.locator(id("log-text")).fill(sentence);
      await (k === 0 ? asSomebody(page, enter) : enter());
      await said(page, "is written");
      await page.locator(id("entry")).filter({ hasText: sentence }).first().waitFor();
    }
    await page.click(id("log-filter"));
    await page.locator(id("filter-text")).fill("wind turns");
    const left = await page.locator(id("entry-text")).allInnerTexts();
    expect(left.length > 0 && left.every((one) => /Wind turns/.test(one)), `left are ${left.join("; ")}`);
    await page.locator(id("filter-text")).fill("no such thing anywhere");
    expect(/No line fits/.test(await text(page, id("logbook"))), "an empty list is not told");
  });

  await journey("the hand-over carries the last number and its hash, in both languages, and fits paper", async (start) => {
    const page = await start({ map: false });
    if (!(await opened(page, "logbook", "l"))) return;
    await page.locator(id("log-text")).fill("End of the watch");
    await asSomebody(page, () => page.locator(id("log-text")).press("Enter"));
    await said(page, "is written");
    await page.click(id("open-handover"));
    await page.locator(id("handover-parts")).waitFor({ timeout: 10_000 });
    expect(/[0-9a-f]{16,}/.test(await text(page, `${id("handover")} code`)), "no hash");
    expect(/Last line of the logbook: \d+/.test(await text(page, id("handover-head"))), "no last number");
    const found = await violations(page);
    expect(found.length === 0, found.join("; "));
    await shot(page, "handover");
    await page.selectOption(id("handover-language"), "nl");
    expect(/Open acties/.test(await text(page, id("handover"))), "it is not in Dutch");
    await page.emulateMedia({ media: "print" });
    expect(!(await page.locator("main").isVisible()) && (await page.locator(id("handover-head")).isVisible()), "the page behind it is printed too");
    const paper = (await page.pdf({ format: "A4" })).toString("latin1");
    const sheets = (paper.match(/\/Type\s*\/Page\b/g) ?? []).length;
    expect(/\/FontFile/.test(paper) && (!mocked || sheets <= 2), `what is printed is empty, or longer than it need be: ${sheets} pages`);
    await page.emulateMedia({ media: null });
    await page.keyboard.press("Escape");
    await page.locator(id("handover")).waitFor({ state: "detached" });
  });

  await journey("a barrier that is down moves the chance of the top event, with its interval and what contributes", async (start) => {
    const page = await start({ map: false });
    if (!(await opened(page, "risk", "r"))) return;
    await page.locator(id("top-chance")).waitFor({ timeout: 10_000 });
    // Where the level is reached already no barrier before it changes anything.
    const bowties = await page.evaluate(() => fetch(`/v1/bowties?area=${location.hash.split("/")[2]}`).then((answer) => answer.json()));
    const open = bowties.find((one) => one.top.chance > 0.001 && one.top.chance < 0.99);
    if (!open) return console.log("  passed over: every top event is certain or out of the question now");
    if (bowties.length > 1) await page.selectOption(id("bowtie-choice"), open.id);
    const told = () => text(page, `${id("top-chance")} .words`);
    const before = await told();
    expect(/^([<>] )?[\d.]+% \(([<>] )?[\d.]+% to ([<>] )?[\d.]+%\)$/.test(before), `the top event reads '${before}'`);
    expect((await violations(page)).length === 0, (await violations(page)).join("; "));
    await shot(page, "risk");
    const barrier = page.locator('section[aria-label="Barriers before"] [data-testid^="barrier-"]').first();
    const status = (await barrier.locator('[data-testid$="-down"]').getAttribute("aria-pressed")) === "true" ? "up" : "down";
    await barrier.locator(`[data-testid$="-${status}"]`).click();
    await page.locator(id("barrier-why")).fill("seen from the tower");
    await asSomebody(page, () => page.locator(id("barrier-why")).press("Enter"));
    await page.waitForFunction((selector) => /it was .* it is now /.test(document.querySelector(selector)?.textContent ?? ""), id("risk-moved"), { timeout: 10_000 });
    expect(!mocked || (await told()) !== before, "the interval does not move");
    expect(/A\. Toets/.test(await barrier.innerText()), "nobody stands for the status");
    expect((await page.locator(`${id("waterfall")} tbody tr`).count()) > 1, "nothing contributes");
    await page.click(id("risk-wide"));
    await page.locator(`${id("bowtie")} ${id("bowtie-drawing")}`).waitFor();
    expect((await violations(page)).length === 0, (await violations(page)).join("; "));
    await shot(page, "risk-wide");
    await page.keyboard.press("Escape");
    // As it was, for whoever comes after.
    await page.locator(`${id("tab-risk")}`).waitFor();
    await barrier.locator('[data-testid$="-up"]').click();
    if ((await page.locator(id("barrier-why")).count()) > 0) {
      await page.locator(id("barrier-why")).fill("back in place");
      await page.locator(id("barrier-why")).press("Enter");
    }
  });

  await journey("a notice that was not delivered is seen in the top bar, first in its tab, and can be tried again", async (start) => {
    const page = await start({ map: false });
    if (!(await opened(page, "notices", "n"))) return;
    await page.locator(id("notices")).waitFor();
    const found = await violations(page);
    expect(found.length === 0, found.join("; "));
    if ((await page.locator(id("undelivered-mark")).count()) === 0) return console.log("  passed over: nothing was given up here");
    const first = page.locator(`${id("undelivered")} > li`).first();
    expect(/given up/.test(await first.innerText()) && (await first.innerText()).split("\n").length > 2, "the first notice does not tell that and why it was given up");
    if ((await page.locator(id("held-why")).count()) > 0) expect(/Nothing leaves this machine/.test(await text(page, id("held-why"))), "held notices are not explained");
    await shot(page, "notices");
    await asSomebody(page, () => first.locator(id("retry")).click());
    await page.waitForFunction((selector) => /tried again/.test(document.querySelector(selector)?.textContent ?? ""), `${id("notices")} .said`);
    await page.waitForSelector(id("undelivered-mark"), { state: "detached", timeout: 20_000 });
  });

  if (mocked) {
    await journey("an exercise is framed and named as one, and writes a logbook of its own", async (start) => {
      await mocked({ strandMode: "exercise" }, async (at) => {
        const page = await start({ at, map: false, path: "/#/live/strand//logbook" });
        await page.locator(id("which-book")).waitFor();
        expect(/^EXERCISE/.test(await text(page, id("watermark"))), `the mark reads '${await text(page, id("watermark"))}'`);
        expect(/logbook of this exercise, apart from the real one/.test(await text(page, id("which-book"))), "the book is not named");
        expect((await page.locator(".frame.exercise").evaluate((frame) => getComputedStyle(frame).borderTopWidth)) !== "0px", "an exercise has no frame");
        await page.selectOption(id("language"), "nl");
        expect(/^OEFENING/.test(await text(page, id("watermark"))), "the mark is not in Dutch");
        await press(page, "n");
        await page.locator(id("held-why")).waitFor();
        expect(/In een oefening verlaat niets deze machine/.test(await text(page, id("held-why"))), "held notices are not explained");
      });
    });

    await journey("a server without logbook, bowtie and notices has no tabs for them and no error", async (start) => {
      await mocked({ desk: false }, async (at) => {
        const page = await start({ at, map: false, path: "/#/live/strand//logbook" });
        await page.locator(id("figure")).waitFor();
        for (const tab of ["logbook", "risk", "notices"]) expect((await page.locator(id(`tab-${tab}`)).count()) === 0, `there is a tab ${tab}`);
        await press(page, "l");
        expect((await page.locator('[role="alert"]').count()) === 0, "an error is told");
      });
    });
  }
}
