// SPDX-License-Identifier: MIT
// libcruddur from Node.js, by koffi: opens a store, creates a group, appends, lists, watches one event,
// handles an error.
//
//   npm ci && node hello.mjs [STORE]
//
// CRUDDUR_LIBRARY names the library if the loader does not find it. Calls that can wait run on threads of
// koffi (`async`), so the event loop goes on.
import { promisify } from 'node:util'
import koffi from 'koffi'

const ADA = '5ae290ed-55d1-47a0-bc6d-fe2bc2700399'
const BEN = 'ee8a1d0c-7b1f-4c41-9f0e-2b7a3c1d5e60'
const EVE = '00000000-0000-4000-8000-000000000001'
const PAGE_FIELDS = 4
const EVENT_MESSAGE = 1

// The functions and structs that this program uses, as the headers have them.
const lib = koffi.load(process.env.CRUDDUR_LIBRARY ?? 'libcruddur.so.0.2')
for (const name of ['cruddur', 'cruddur_group', 'cruddur_msg', 'cruddur_msg_page', 'cruddur_watch',
  'cruddur_event', 'cruddur_error']) {
  koffi.opaque(name)
}
koffi.struct('cruddur_user', {
  size: 'size_t', uuid: 'const char *', display_name: 'const char *', handle: 'const char *'
})
const WatchOptions = koffi.struct('cruddur_watch_options', {
  size: 'size_t', flags: 'uint32_t', timeout_ms: 'uint32_t', user_uuid: 'const char *',
  group_uuid: 'const char *', viewer_uuid: 'const char *', cursor: 'const char *',
  interval_min_ms: 'uint32_t', interval_max_ms: 'uint32_t'
})
const functions = Object.fromEntries([
  'int open(const char *url, void *options, _Out_ cruddur **dm, _Out_ cruddur_error **error)',
  'void close(cruddur *dm)',
  'int group_create(cruddur *dm, const cruddur_user *creator, const cruddur_user *others, size_t count, ' +
    'const char *text, void *options, _Out_ cruddur_group **group, _Out_ cruddur_error **error)',
  'const char *group_uuid(const cruddur_group *group)',
  'const char *group_user_display_name(const cruddur_group *group)',
  'void group_free(cruddur_group *group)',
  'int msg_append(cruddur *dm, const cruddur_user *author, const char *group, const char *text, ' +
    'void *options, _Out_ cruddur_msg **msg, _Out_ cruddur_error **error)',
  'const char *msg_text(const cruddur_msg *msg)',
  'void msg_free(cruddur_msg *msg)',
  'int msg_list(cruddur *dm, const char *viewer, const char *group, void *options, ' +
    '_Out_ cruddur_msg_page **page, _Out_ cruddur_error **error)',
  'size_t msg_page_fields(const cruddur_msg_page *page, void *buffer, size_t size)',
  'size_t msg_field_count()',
  'const char *msg_field_name(size_t field)',
  'void msg_page_free(cruddur_msg_page *page)',
  'void watch_options_init(_Out_ cruddur_watch_options *options, size_t size)',
  'int watch_open(cruddur *dm, const cruddur_watch_options *options, _Out_ cruddur_watch **watch, ' +
    '_Out_ cruddur_error **error)',
  'int watch_next(cruddur_watch *watch, uint32_t timeout_ms, _Out_ cruddur_event **event, ' +
    '_Out_ cruddur_error **error)',
  'void watch_close(cruddur_watch *watch)',
  'int event_get_kind(const cruddur_event *event)',
  'const cruddur_msg *event_msg(const cruddur_event *event)',
  'void event_free(cruddur_event *event)',
  'const char *status_name(int status)',
  'const char *error_argument(const cruddur_error *error)',
  'const char *error_message(const cruddur_error *error)',
  'void error_free(cruddur_error *error)'
].map(declaration => {
  const name = /(\w+)\(/.exec(declaration)[1]
  return [name, lib.func(declaration.replace(`${name}(`, `cruddur_${name}(`))]
}))

class CruddurError extends Error {
  constructor (status, error) {
    super(functions.error_message(error))
    this.status = functions.status_name(status)
    this.argument = functions.error_argument(error) ?? ''
    functions.error_free(error)
  }
}

// Calls a function that can fail, on another thread, with an output and an error as its last arguments.
// The caller frees what it returns; null if there is none.
async function result (name, ...given) {
  const output = [null]
  const error = [null]
  const status = await promisify(functions[name].async)(...given, output, error)
  if (status !== 0) throw new CruddurError(status, error[0])
  return output[0]
}

// The messages of a page as objects: one call writes all fields of all messages.
function messagesOf (page) {
  const buffer = Buffer.alloc(Number(functions.msg_page_fields(page, null, 0)))
  functions.msg_page_fields(page, buffer, buffer.length)
  const fields = buffer.toString('utf8', 0, buffer.length - 1).split('\0').slice(PAGE_FIELDS)
  const names = Array.from({ length: Number(functions.msg_field_count()) },
    (_, field) => functions.msg_field_name(field))
  return Array.from({ length: fields.length / names.length }, (_, row) =>
    Object.fromEntries(names.map((name, i) => [name, fields[row * names.length + i]])))
}

async function waitForMessage (watch) {
  for (let event; (event = await result('watch_next', watch, 10000)) !== null;) {
    const kind = functions.event_get_kind(event)
    const message = functions.event_msg(event)
    const text = message === null ? '' : functions.msg_text(message)
    functions.event_free(event)
    if (kind === EVENT_MESSAGE) return text
  }
  throw new Error('no event in 10 seconds')
}

const user = (uuid, name) => ({
  size: koffi.sizeof('cruddur_user'), uuid, display_name: name ?? null, handle: null
})

const dm = await result('open', process.argv[2] ?? 'sqlite::memory:', null)
const group = await result('group_create', dm, user(ADA, 'Ada'), user(BEN, 'Ben'), 1, 'Hello, Ben!',
  null)
const groupUuid = functions.group_uuid(group)
console.log(`created the group of ${functions.group_user_display_name(group)}`)
functions.group_free(group)

const options = {}
functions.watch_options_init(options, koffi.sizeof(WatchOptions))
const watch = await result('watch_open', dm, { ...options, group_uuid: groupUuid, viewer_uuid: ADA })

functions.msg_free(await result('msg_append', dm, user(BEN, 'Ben'), groupUuid, 'Ada! How are you?', null))
const page = await result('msg_list', dm, ADA, groupUuid, null)
for (const message of messagesOf(page)) console.log(`${message.user_display_name}: ${message.text}`)
functions.msg_page_free(page)
console.log(`watched: ${await waitForMessage(watch)}`)

try {
  await result('msg_append', dm, user(EVE), groupUuid, 'Let me in!', null)
  throw new Error('a stranger was let in')
} catch (error) {
  if (!(error instanceof CruddurError)) throw error
  console.log(`refused: ${error.status}, ${error.argument}`)
}
functions.watch_close(watch)
functions.close(dm)
