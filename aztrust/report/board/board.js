// Keeps the board up to date, and says when it is not.
//
// The server sends `board` events with the parts that changed and, each second, a `heartbeat` with
// its clocks and the version that it shows. The page is live while the newest heartbeat is young
// and names the version that is on the screen. Everything else is STALE, and says since when.
// The countdown is the server's time plus what the page's monotonic clock counted since.
"use strict";
(() => {
  const STALE_AFTER = 2500; // ms without a heartbeat; looked at each TICK, so STALE within 3 s
  const TICK = 250;
  const PATIENCE = 2500; // ms that a connection has for its first heartbeat
  const RETRY = 500; // ms to the next connection, and up to as much again, so that not all come at once
  const SAMPLES = 30; // heartbeats that the server's clock is estimated from
  const JUMP = 2000; // ms between the two clocks of this machine: it slept, or its clock was set

  const page = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const board = { version: null, at: Number(page.dataset.at), headline: page.dataset.headline };
  const server = { boot: null, last: null, offsets: [], offset: 0, fault: null, other: false };
  let source = null;
  let opened = 0;
  let retryAt = 0;
  let seen = null; // of the last tick: [monotonic, wall]
  const loaded = performance.now();

  // ---- time ---------------------------------------------------------------------------------

  function elapsed() {
    if (server.offsets.length) server.offset = Math.max(...server.offsets);
    return performance.now() + server.offset - server.last.up_ms;
  }


  const now = () => server.last.now_unix_ms + elapsed();
  const pad = (number) => String(number).padStart(2, "0");

  function clock(seconds) {
    const days = Math.floor(seconds / 86400);
    const rest = seconds % 86400;
    const text = `${pad(Math.floor(rest / 3600))}:${pad(Math.floor((rest % 3600) / 60))}:${pad(rest % 60)}`;
    return days ? `${days}d ${text}` : text;
  }

  function short(seconds) {
    const rest = seconds % 3600;
    const text = `${pad(Math.floor(rest / 60))}:${pad(rest % 60)}`;
    return seconds >= 3600 ? `${Math.floor(seconds / 3600)}:${text}` : text.replace(/^0/, "");
  }

  const forms = {
    countdown: (distance, seconds) => `T${distance >= 0 ? "-" : "+"}${clock(seconds)}`,
    left: (distance, seconds) => {
      const text = seconds >= 86400 ? clock(seconds) : short(seconds);
      return distance >= 0 ? `in ${text}` : `${text} ago`;
    },
  };

  const utc = (at) => new Date(at).toISOString().replace("T", " ").slice(0, 19) + " UTC";

  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function moveTimes(at) {
    for (const element of document.querySelectorAll("time[data-at]")) {
      const distance = Number(element.dataset.at) - at;
      const seconds = Math.floor(Math.abs(distance) / 1000);
      write(element, forms[element.dataset.form](distance, seconds));
    }
  }

  // ---- what is shown ------------------------------------------------------------------------

  function replacePart(id, html) {
    const part = byId(id);
    if (!part) return;
    const open = [...part.querySelectorAll("details[open]")].map((details) => details.id);
    const held = part.contains(document.activeElement) ? document.activeElement : null;
    const focused = held && (held.id || (held.parentElement && held.parentElement.id));
    const onSummary = held && held.localName === "summary";
    part.innerHTML = html; // made and escaped by the server, as the first page was
    for (const name of open) if (byId(name)) byId(name).open = true;
    const again = focused && byId(focused);
    if (again) (onSummary ? again.querySelector("summary") : again).focus({ preventScroll: true });
  }

  function show(event) {
    const sent = JSON.parse(event.data);
    if (sent.before !== null && sent.before !== board.version) {
      again(); // a change before this one is missing: a new connection begins with the whole
      return;
    }
    for (const [id, html] of Object.entries(sent.parts)) replacePart(id, html);
    board.version = sent.version;
    board.at = sent.at_unix_ms;
    if (sent.headline !== board.headline) write(byId("announcer"), sent.headline);
    board.headline = sent.headline;
    beat(sent.beat);
  }

  function beat(sent) {
    if (sent.boot !== server.boot) server.offsets = [];
    page.dataset.connection = "open";
    server.boot = sent.boot;
    server.last = sent;
    server.fault = sent.fault;
    server.other = sent.assets !== page.dataset.version;
    server.offsets.push(sent.up_ms - performance.now());
    if (server.offsets.length > SAMPLES) server.offsets.shift();
    tick();
  }

  function verdict() {
    if (server.last === null || board.version === null) {
      return performance.now() - loaded < STALE_AFTER ? "connecting" : "stale";
    }
    const live =
      elapsed() <= STALE_AFTER && server.last.version === board.version && server.fault === null;
    return live ? "live" : "stale";
  }

  const WORDS = { connecting: "CONNECTING", live: "LIVE", stale: "STALE" };

  function tell(state) {
    if (page.dataset.state !== state) page.dataset.state = state;
    write(byId("state"), WORDS[state]);
    if (server.last === null) {
      write(byId("age"), state === "stale" ? "; no answer from the server" : "");
      return;
    }
    if (state === "live") {
      write(byId("as-of"), utc(now()));
      write(byId("age"), server.other ? "; the server has a newer page: reload" : "");
      return;
    }
    const seconds = Math.max(Math.floor(elapsed() / 1000), 0);
    const fault = server.fault === null ? "" : `; the server cannot read the launch: ${server.fault}`;
    write(byId("as-of"), utc(server.fault === null ? server.last.now_unix_ms : board.at));
    write(byId("age"), `; last contact ${seconds} s ago${fault}`);
  }

  // ---- the connection -----------------------------------------------------------------------

  function again() {
    if (source) source.close();
    source = null;
    server.offsets = []; // the first event of a new connection is young, whatever was before
    page.dataset.connection = "none";
    retryAt = performance.now() + RETRY + Math.random() * RETRY;
  }

  // A plain EventSource gives up for good after an answer such as 502, so each failure ends it
  // and a new one is made.
  function connect() {
    opened = performance.now();
    page.dataset.connection = "opening";
    const mine = (source = new EventSource(page.dataset.events));
    const of = (handle) => (event) => {
      if (mine === source) handle(event);
    };
    mine.addEventListener("board", of(show));
    mine.addEventListener("heartbeat", of((event) => beat(JSON.parse(event.data))));
    mine.addEventListener("error", of(again));
  }

  function tick() {
    const at = performance.now();
    const wall = Date.now();
    if (seen && Math.abs(wall - seen[1] - (at - seen[0])) > JUMP) {
      server.last = null; // how old the last heartbeat is cannot be known any more
      again();
    }
    seen = [at, wall];
    const state = verdict();
    if (!source) {
      if (at >= retryAt) connect();
    } else if (state === "stale" && at - opened > PATIENCE) {
      again();
    }
    if (server.last !== null) moveTimes(now());
    tell(state);
  }

  addEventListener("pagehide", again);
  addEventListener("pageshow", tick);
  document.addEventListener("visibilitychange", tick);
  setInterval(tick, TICK);
  connect();
  tick();
})();
