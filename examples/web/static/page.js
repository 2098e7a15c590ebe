// SPDX-License-Identifier: MIT
// What the messages page does beyond links and forms: messages arrive and are sent without a reload,
// older ones come when the reader scrolls up, times are in the reader's zone. All markup comes from
// the service; texts of people get into the page as text only.
'use strict';

(() => {
  const {viewer, group} = document.body.dataset;
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const log = find('#log');
  const list = log && find('ol.messages', log);
  const composer = list && find('#composer[method]');
  const field = find('textarea#text');
  const csrf = find('#act [name=csrf]').value;
  const isPast = find('.newest') !== null; // a page of old messages: new ones do not belong below it
  const PART = 'text/html; fragment';
  const BLOCK_US = 300e6; // messages of one author within this time form a block

  document.documentElement.classList.add('live');

  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const parse = (html) => new DOMParser().parseFromString(html, 'text/html').body;

  // Runs `work` one at a time, and once more if it was asked for in the meantime, or has failed in a
  // way that may pass.
  function single(work) {
    let isRunning = false;
    let again = false;
    return async function run() {
      again = isRunning;
      if (isRunning) {
        return;
      }
      isRunning = true;
      do {
        again = false;
        try {
          await work();
        } catch (error) {
          if (!isRefusal(error.status)) {
            again = true;
            await pause(2000);
          }
        }
      } while (again);
      isRunning = false;
    };
  }

  // Whether the service will answer the same again.
  const isRefusal = (status) => status >= 400 && status < 500 && status !== 429;

  function make(tag, className, text) {
    const element = document.createElement(tag);
    element.className = className;
    element.textContent = text ?? '';
    return element;
  }

  // ---- requests ----

  async function request(url, fields) {
    const options = {headers: {Accept: PART}, cache: 'no-store', signal: AbortSignal.timeout(20000)};
    if (fields) {
      options.method = 'POST';
      options.body = new URLSearchParams({csrf, ...fields});
    }
    const answer = await fetch(url, options);
    if (answer.status === 401 || (answer.redirected && new URL(answer.url).pathname === '/sign-in')) {
      location.assign('/sign-in');
      return {ok: false, status: 401, text: ''};
    }
    return {ok: answer.ok, status: answer.status, text: await answer.text()};
  }

  async function part(url) {
    const answer = await request(url);
    if (!answer.ok) {
      throw Object.assign(new Error(answer.status), {status: answer.status});
    }
    return parse(answer.text);
  }

  // ---- times ----

  const clock = new Intl.DateTimeFormat('en-GB', {hour: '2-digit', minute: '2-digit'});
  const weekday = new Intl.DateTimeFormat('en-GB', {weekday: 'long'});

  function date(then) {
    const year = then.getFullYear() === new Date().getFullYear() ? undefined : 'numeric';
    return then.toLocaleDateString('en-GB', {day: 'numeric', month: 'long', year});
  }

  function day(then) {
    const days = Math.round((new Date().setHours(12, 0, 0, 0) - new Date(then).setHours(12, 0, 0, 0)) / 864e5);
    return ['Today', 'Yesterday'][days] ?? `${weekday.format(then)} ${date(then)}`;
  }

  function ago(then) {
    const minutes = Math.floor((Date.now() - then) / 6e4);
    if (minutes < 60) {
      return minutes < 1 ? 'now' : `${minutes} min`;
    }
    const hours = Math.floor(minutes / 60);
    return hours < 24 ? `${hours} h` : hours < 144 ? weekday.format(then) : date(then);
  }

  function showTimes(root) {
    for (const time of all('time[data-form]', root)) {
      const then = new Date(time.dateTime);
      time.textContent = {clock: (at) => clock.format(at), ago, day}[time.dataset.form](then);
      time.title = then.toLocaleString('en-GB', {dateStyle: 'full', timeStyle: 'short'});
    }
  }

  // The service's own pages have the reader's days from the next one on.
  document.cookie = `utc_offset=${-new Date().getTimezoneOffset()};path=/;max-age=31536000;samesite=lax`;
  showTimes(document);
  setInterval(() => showTimes(document), 30000);

  // ---- the list of conversations ----

  const title = document.title;

  function showTotal() {
    const counts = all('#inbox .badge:not(.quiet)').map((badge) => parseInt(badge.textContent, 10));
    const total = counts.reduce((sum, count) => sum + count, 0);
    document.title = total > 0 ? `(${total}) ${title}` : title;
  }

  const refreshInbox = single(async () => {
    await pause(100); // events come in groups
    const query = new URLSearchParams(location.search);
    query.set('group', group);
    const fresh = find('#inbox', await part(`/messages?${query}`));
    const current = find('#inbox');
    showTimes(fresh);
    if (fresh.innerHTML !== current.innerHTML) {
      const focused = current.contains(document.activeElement) ? document.activeElement.dataset.group : null;
      const {scrollTop} = current;
      current.replaceWith(fresh);
      fresh.scrollTop = scrollTop;
      find(`[data-group="${focused}"]`, fresh)?.focus();
    }
    showTotal();
  });

  showTotal();

  // ---- the log: where it is, what is in it ----

  const items = () => all('li.message', list);
  const at = (item) => Number(item.dataset.at);
  const isOwn = (item) => item.dataset.author === viewer;
  const isAtEnd = () => log.scrollTop > -48; // it is laid out from below: 0 is its end

  // Keeps at the same place what the reader looks at.
  function keepPlace(change) {
    const stays = isAtEnd() ? null : items().find((item) => item.getBoundingClientRect().bottom > log.getBoundingClientRect().top);
    const top = stays?.getBoundingClientRect().top;
    change();
    if (stays?.isConnected) {
      log.scrollTop += stays.getBoundingClientRect().top - top;
    } else {
      log.scrollTop = 0;
    }
  }

  function showSeen() {
    const others = all('.receipts > li', log);
    const own = items().filter((item) => isOwn(item) && !item.dataset.state);
    const names = new Map();
    for (const other of others) {
      const newest = own.findLast((item) => at(item) <= at(other));
      if (newest) {
        names.set(newest, [...(names.get(newest) ?? []), other.dataset.name]);
      }
    }
    for (const [item, readers] of names) {
      item.after(make('li', 'seen', others.length > 1 ? `Seen by ${readers.join(', ')}` : 'Seen'));
    }
  }

  // What is between the messages: days, receipts; and who begins a block.
  function arrange() {
    let before = null;
    all('li.day, li.seen', list).forEach((line) => line.remove());
    for (const item of items()) {
      const then = new Date(at(item) / 1000);
      const isNewDay = !before || then.toDateString() !== new Date(at(before) / 1000).toDateString();
      const line = item.previousElementSibling?.id === 'unread' ? item.previousElementSibling : null;
      item.classList.toggle('first', isNewDay || line !== null || item.dataset.author !== before.dataset.author ||
        at(item) - at(before) > BLOCK_US);
      if (isNewDay) {
        const separator = make('li', 'line day');
        const time = separator.appendChild(make('span')).appendChild(make('time'));
        time.dataset.form = 'day';
        time.dateTime = then.toISOString();
        (line ?? item).before(separator);
      }
      before = item;
    }
    showSeen();
    showTimes(list);
    rove();
  }

  // Puts a message of the service into the log, once, at its place in the order.
  function insert(item) {
    const old = document.getElementById(item.id);
    leaveOutbox(item.id.slice(2));
    if (old && !old.dataset.state && old.dataset.version === item.dataset.version) {
      return false;
    }
    const hasFocus = old?.contains(document.activeElement);
    if (old && !old.dataset.state) {
      old.replaceWith(item);
    } else {
      old?.remove();
      const next = items().find((other) => other.dataset.state || at(other) > at(item));
      const line = next?.previousElementSibling?.id === 'unread' ? next.previousElementSibling : next;
      list.insertBefore(item, line ?? null);
    }
    if (hasFocus) {
      item.focus();
    }
    return !old;
  }

  // Changes the log, then puts it in order.
  const change = (work) => keepPlace(() => { work(); arrange(); });
  const take = (body) => change(() => all('li.message', body).forEach(insert));

  // ---- new messages ----

  const pill = find('#pill');
  const announcer = find('#announcer');
  let missed = 0;

  function showMissed() {
    pill.hidden = missed === 0;
    pill.textContent = missed === 1 ? '1 new message' : `${missed} new messages`;
  }

  const inWords = (item) => `${find('.by', item).textContent}: ${find('.text', item).textContent}`;

  function takeNew(body) {
    const fresh = find('ol.messages', body);
    const wasAtEnd = isAtEnd();
    change(() => {
      const others = all('li.message', fresh).filter((item) => insert(item) && !isOwn(item));
      others.forEach((item) => item.classList.add('new'));
      if (others.length > 0) {
        announcer.textContent = others.map(inWords).join('\n');
      }
      missed += wasAtEnd ? 0 : others.length;
      find('.receipts', log).replaceWith(find('.receipts', body));
    });
    list.dataset.newer = fresh.dataset.newer;
    showMissed();
    markRead();
    return fresh.dataset.more.includes('newer');
  }

  const refreshNew = single(async () => {
    while (takeNew(await part(`/messages/${group}/items?after=${encodeURIComponent(list.dataset.newer)}`)));
  });

  const changed = new Map();

  const refreshChanged = single(async () => {
    for (const [uuid, time] of [...changed]) {
      const answer = await request(`/messages/${group}/items?around=${uuid}&at=${time}`);
      if (!answer.ok && !isRefusal(answer.status)) {
        throw new Error(answer.status);
      }
      changed.delete(uuid);
      take(parse(answer.text)); // of one that is gone, without messages
    }
  });

  const markRead = single(async () => {
    const newest = items().findLast((item) => !isOwn(item));
    if (isPast || !newest || at(newest) <= Number(list.dataset.read) || !isAtEnd() || document.hidden) {
      return;
    }
    const answer = await request(`/messages/${group}/read`, {message: newest.id.slice(2), at: newest.dataset.at});
    if (answer.ok) {
      list.dataset.read = newest.dataset.at;
      refreshInbox();
    }
  });

  // ---- older messages ----

  const sight = new IntersectionObserver(([entry]) => {
    if (entry.isIntersecting) {
      refreshOlder();
    }
  }, {root: log, rootMargin: '400px 0px 0px'});

  const refreshOlder = single(async () => {
    const link = find('#older');
    if (!link) {
      return;
    }
    const body = await part(`/messages/${group}/items${new URL(link.href).search}`);
    const {older, more} = find('ol.messages', body).dataset;
    keepPlace(() => {
      take(body);
      if (more.includes('older')) {
        link.href = `?before=${encodeURIComponent(older)}`;
        sight.unobserve(link.parentElement); // to be told of it where it is in sight again, or still
        sight.observe(link.parentElement);
      } else {
        link.parentElement.remove();
      }
    });
  });

  // ---- sending ----

  // Messages that are not known to be stored. They outlive a reload; a repeat has the same uuid, so
  // the service stores it once.
  const outboxName = `outbox ${viewer} ${group}`;
  let outbox = [];
  let wake = () => {};

  function keepOutbox(next = outbox) {
    outbox = next;
    sessionStorage.setItem(outboxName, JSON.stringify(outbox));
  }

  function leaveOutbox(uuid) {
    const rest = outbox.filter((entry) => entry.uuid !== uuid);
    if (rest.length < outbox.length) {
      keepOutbox(rest);
    }
  }

  // The form has a uuid of version 7 from the service, so this is the service's time when the page was
  // made; the reader's clock may be wrong by more than the service puts up with.
  const made = composer ? parseInt(find('[name=message_uuid]', composer).defaultValue.replace('-', '').slice(0, 12), 16) : NaN;
  const skew = (made || Date.now()) - Date.now();
  const now = () => Date.now() + skew;

  // Version 7, which tells the service when the message was written.
  function makeUuid() {
    const hex = (number, size) => number.toString(16).padStart(size, '0');
    const random = [...crypto.getRandomValues(new Uint8Array(10))].map((byte) => hex(byte, 2)).join('');
    const digits = `${hex(now(), 12)}7${random.slice(0, 3)}8${random.slice(3, 18)}`;
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  // Shows an entry of the outbox in the log: on its way, waiting, or failed.
  function showEntry(entry) {
    const id = `m-${entry.uuid}`;
    const state = entry.failure ? 'failed' : 'pending';
    const item = find(`template#${state}`).content.firstElementChild.cloneNode(true);
    const old = document.getElementById(id);
    item.id = id;
    Object.assign(item.dataset, {at: entry.at, author: viewer, state});
    find('.text', item).textContent = entry.text;
    if (entry.failure) {
      find('.reason', item).textContent = entry.failure;
      find('[value=retry]', item).addEventListener('click', () => retry(entry));
      find('[value=discard]', item).addEventListener('click', () => discard(entry));
    } else {
      find('.note', item).hidden = entry.tries === 0;
    }
    change(() => (old ? old.replaceWith(item) : list.append(item)));
  }

  function retry(entry) {
    Object.assign(entry, {failure: null, tries: 0});
    showEntry(entry);
    keepOutbox();
    flush();
  }

  function discard(entry) {
    leaveOutbox(entry.uuid);
    change(() => document.getElementById(`m-${entry.uuid}`)?.remove());
    field.focus();
  }

  // One at a time, so that they are stored in the order in which they were written.
  const flush = single(async () => {
    for (let entry; (entry = outbox.find((other) => !other.failure));) {
      let answer = null;
      try {
        answer = await request(`/messages/${group}/send`, {message_uuid: entry.uuid, text: entry.text, reply_to: entry.replyTo});
      } catch {
        // No connection, or none any more: whether it was stored is not known.
      }
      if (answer?.ok) {
        take(parse(answer.text));
        leaveOutbox(entry.uuid);
        continue;
      }
      entry.tries++;
      if (answer && ((answer.status < 500 && answer.status !== 429) || entry.tries > 8)) {
        entry.failure = parse(answer.text).textContent.trim() || 'The service refused it';
      }
      if (outbox.includes(entry)) { // it may have come in by the events
        showEntry(entry);
        keepOutbox();
      }
      if (!entry.failure) {
        await Promise.race([pause(Math.min(5000, 250 * 2 ** entry.tries)), new Promise((resolve) => { wake = resolve; })]);
      }
    }
  });

  function send(text) {
    const entry = {uuid: makeUuid(), text, replyTo: context.replyTo ?? '', at: now() * 1000, tries: 0, failure: null};
    outbox.push(entry);
    keepOutbox();
    find('#unread')?.remove();
    showEntry(entry);
    log.scrollTop = 0;
    setContext({});
    flush();
  }

  // ---- the form ----

  const draftName = `draft ${viewer} ${group}`;
  let context = {}; // replyTo, or edits: a message

  function showLeft() {
    const left = Number(field.dataset.max) - [...field.value].length; // code points, as the library
    const isOver = left < 0;
    find('#left output').textContent = left;
    find('#left').classList.toggle('over', isOver);
    find('.send', composer ?? document).disabled = isOver;
    field.setAttribute('aria-invalid', isOver);
    if (!CSS.supports('field-sizing', 'content')) {
      field.style.height = 'auto';
      field.style.height = `${field.scrollHeight}px`;
    }
  }

  function showError(text) {
    const error = find('#error'); // a conversation that is blocked has none
    if (error) {
      error.textContent = text;
      error.hidden = !text;
    }
  }

  function setContext(next) {
    const {edits, repliesTo} = next;
    const item = edits ?? repliesTo;
    const text = item ? find('.text', item).textContent : '';
    context = {edits, replyTo: repliesTo?.id.slice(2)};
    find('#context').hidden = !item;
    find('#context b').textContent = edits ? 'Edit' : 'Reply to';
    find('#context span').textContent = text;
    find('.send span', composer).textContent = edits ? 'Save' : 'Message';
    field.value = edits ? text : sessionStorage.getItem(draftName) ?? '';
    showError('');
    showLeft();
    field.focus();
  }

  // Changes a message; says why if that fails. Returns whether it was done.
  async function amend(url, fields) {
    try {
      const answer = await request(url, fields);
      if (answer.ok) {
        take(parse(answer.text));
      } else {
        showError(parse(answer.text).textContent.trim());
      }
      return answer.ok;
    } catch {
      showError('Not done: there is no connection. Try again.');
      return false;
    }
  }

  async function saveEdit({id, dataset}, text) {
    const fields = {message: id.slice(2), at: dataset.at, version: dataset.version, text};
    if (await amend(`/messages/${group}/edit`, fields)) {
      setContext({});
    }
  }

  function submit(event) {
    const text = field.value;
    event.preventDefault();
    if (text.trim() === '' || [...text].length > Number(field.dataset.max)) {
      field.focus();
    } else if (context.edits) {
      saveEdit(context.edits, text);
    } else {
      sessionStorage.removeItem(draftName);
      send(text);
    }
  }

  // Buttons of messages belong to one form; those of the conversation are sent as the browser does.
  async function act(event) {
    const {submitter} = event;
    if (!submitter || !submitter.closest('#log') || submitter.closest('#unread')) {
      return;
    }
    event.preventDefault();
    const item = submitter.closest('.message');
    const isDone = await amend(submitter.formAction, {[submitter.name || 'act']: submitter.value});
    submitter.closest('.menu')?.removeAttribute('open');
    if (isDone) {
      document.getElementById(item.id)?.focus({preventScroll: true});
    }
  }

  // ---- keys, menus ----

  let current = null;

  // One message takes part in the order of the Tab key: the newest, until the arrows choose another.
  function rove(next) {
    const shown = items();
    current = next ?? (current?.isConnected && log.contains(document.activeElement) ? current : shown.at(-1));
    for (const item of shown) {
      all('a, button, summary', item).forEach((element) => { element.tabIndex = item === current ? 0 : -1; });
    }
  }

  function walk(event) {
    const shown = items();
    const here = shown.indexOf(event.target.closest('.message'));
    const where = {ArrowUp: here < 0 ? shown.length - 1 : here - 1, ArrowDown: here + 1, Home: 0, End: shown.length - 1}[event.key];
    if (where === undefined || event.target.closest('.sheet') || event.altKey || event.ctrlKey || event.metaKey) {
      if (event.key === 'Enter' && event.target.matches('.message')) {
        event.preventDefault();
        find('.menu summary', event.target)?.click();
        find('.menu summary', event.target)?.focus();
      }
      return;
    }
    event.preventDefault();
    const item = shown[Math.max(0, Math.min(where, shown.length - 1))];
    item?.focus();
    if (where < 0) {
      refreshOlder();
    }
  }

  function closeMenus(except) {
    for (const menu of all('details.menu[open]')) {
      if (!menu.contains(except)) {
        const hadFocus = menu.contains(document.activeElement);
        menu.open = false;
        if (hadFocus && !except) {
          find('summary', menu).focus();
        }
      }
    }
  }

  document.addEventListener('click', (event) => closeMenus(event.target));
  document.addEventListener('toggle', (event) => {
    const item = event.target.closest?.('.message');
    if (event.target.open && item && log) {
      item.classList.toggle('low', item.getBoundingClientRect().top - log.getBoundingClientRect().top < 240);
    }
  }, true);
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      if (find('details.menu[open]')) {
        closeMenus(null);
      } else if (context.edits || context.replyTo) {
        setContext({});
      }
    }
  });

  if (field) {
    field.addEventListener('input', () => {
      showLeft();
      if (!context.edits) {
        sessionStorage.setItem(draftName, field.value);
      }
    });
    field.addEventListener('keydown', (event) => {
      const isPlain = !event.shiftKey && !event.altKey && !event.isComposing;
      if (event.key === 'Enter' && isPlain && (event.ctrlKey || matchMedia('(pointer: fine)').matches)) {
        event.preventDefault();
        field.form.requestSubmit();
      }
    });
  }

  // ---- live ----

  const state = find('#state');
  let source = null;
  let cursor = null;
  let failures = 0;

  function showState() {
    state.hidden = failures < 2 && navigator.onLine;
    state.textContent = state.hidden ? '' : navigator.onLine ? 'Reconnecting' : 'Offline';
  }

  // The conversation's settings changed, here or elsewhere: takes the new head and form.
  const refreshFrame = single(async () => {
    const fresh = find('main', await part(`/messages/${group}`));
    if (find('#composer', fresh) === null || !composer) {
      location.reload();
    } else {
      find('main .bar').replaceWith(find('.bar', fresh));
    }
  });

  function hear(event) {
    const data = JSON.parse(event.data);
    cursor = event.lastEventId || cursor;
    refreshInbox();
    if (!list || isPast || data.group_uuid !== group) {
      return;
    }
    if (['edit', 'deletion', 'reaction'].includes(event.type)) {
      const item = document.getElementById(`m-${data.message_uuid}`);
      if (item) {
        changed.set(data.message_uuid, item.dataset.at);
        refreshChanged();
      }
    } else if (event.type === 'group-changed') {
      refreshFrame();
    } else {
      refreshNew();
    }
  }

  // The page is older than the stream: what came between is asked for.
  function catchUp() {
    failures = 0;
    showState();
    wake();
    refreshInbox();
    if (list && !isPast) {
      refreshNew();
      refreshChanged();
    }
  }

  async function reconnect() {
    source.close();
    failures++;
    showState();
    if (failures % 5 === 0 && cursor) { // a service that is there, and refuses the cursor
      await part(`/messages?group=${group}`).then(() => location.reload(), () => {});
    }
    await pause(Math.min(5000, 250 * 2 ** Math.min(failures, 5)) * (0.75 + Math.random() / 2));
    connect();
  }

  function connect() {
    source = new EventSource(cursor ? `/events?cursor=${encodeURIComponent(cursor)}` : '/events');
    source.addEventListener('open', (event) => { // the service's first event, with where it begins
      if (event.lastEventId) {
        cursor = event.lastEventId;
        catchUp();
      }
    });
    source.onerror = reconnect;
    for (const kind of ['message', 'edit', 'deletion', 'reaction', 'read', 'group-opened', 'group-changed', 'member-added', 'member-removed']) {
      source.addEventListener(kind, hear);
    }
  }

  addEventListener('online', () => { wake(); showState(); });
  addEventListener('offline', showState);

  if (list) {
    log.addEventListener('keydown', walk);
    log.addEventListener('focusin', (event) => {
      const item = event.target.closest('.message');
      if (item) {
        rove(item);
      }
    });
    log.addEventListener('scroll', () => {
      if (isAtEnd()) {
        missed = 0;
        showMissed();
        markRead();
      }
    }, {passive: true});
    log.addEventListener('click', (event) => {
      const link = event.target.closest('a[data-act], a.quote, a#older');
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) {
        return;
      }
      if (link.id === 'older') {
        event.preventDefault();
        refreshOlder();
      } else if (link.matches('.quote')) {
        const quoted = document.getElementById(link.hash.slice(1));
        if (quoted) {
          event.preventDefault();
          quoted.scrollIntoView({block: 'center'});
          quoted.focus();
        }
      } else if (composer) {
        event.preventDefault();
        link.closest('.menu').open = false;
        setContext({[link.dataset.act === 'edit' ? 'edits' : 'repliesTo']: link.closest('.message')});
      }
    });
    pill.addEventListener('click', () => {
      log.scrollTop = 0;
      items().at(-1)?.focus();
    });
    document.addEventListener('visibilitychange', () => { markRead(); });
    find('#act').addEventListener('submit', act);
    const older = find('#older');
    if (older) {
      sight.observe(older.parentElement);
    }
    if (composer) {
      keepOutbox(JSON.parse(sessionStorage.getItem(outboxName) ?? '[]').filter((entry) => !document.getElementById(`m-${entry.uuid}`)));
      outbox.forEach(showEntry);
      if (composer.action.endsWith('/send')) { // a form that was opened to edit is sent as it is
        composer.addEventListener('submit', submit);
      }
      find('#cancel').addEventListener('click', (event) => {
        event.preventDefault();
        setContext({});
      });
      context.replyTo = find('[name=reply_to]', composer).value || undefined;
      if (field.value === '') {
        field.value = sessionStorage.getItem(draftName) ?? '';
      }
      flush();
    }
    keepPlace(arrange);
    find('#unread')?.scrollIntoView({block: 'center'});
    markRead();
  }
  if (field) {
    showLeft();
    if (matchMedia('(pointer: fine)').matches) {
      field.focus({preventScroll: true});
    }
  }
  connect();
})();
