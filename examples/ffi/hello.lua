#!/usr/bin/env luajit
-- SPDX-License-Identifier: MIT
-- libcruddur from LuaJIT: opens a store, creates a group, appends, lists, watches one event, handles an
-- error.
--
--   luajit hello.lua [STORE]      CRUDDUR_LIBRARY names the library if the loader does not find it
local ffi = require("ffi")

local folder = arg[0]:match("^(.*)/") or "."
ffi.cdef(assert(io.open(folder .. "/cruddur.cdef")):read("*a"))
local lib = ffi.load(os.getenv("CRUDDUR_LIBRARY") or "libcruddur.so.0.2")

local ADA = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399"
local BEN = "ee8a1d0c-7b1f-4c41-9f0e-2b7a3c1d5e60"
local EVE = "00000000-0000-4000-8000-000000000001"

-- Calls a function that can fail, with an error as its last argument. A failure is raised as a table.
local function call(name, ...)
  local failed = ffi.new("cruddur_error *[1]")
  local arguments, count = {...}, select("#", ...)
  arguments[count + 1] = failed
  local status = lib["cruddur_" .. name](unpack(arguments, 1, count + 1))
  if status == 0 then return end
  local error_object = ffi.gc(failed[0], lib.cruddur_error_free)
  local argument = lib.cruddur_error_argument(error_object)
  error({status = ffi.string(lib.cruddur_status_name(status)),
         argument = argument ~= nil and ffi.string(argument) or "",
         message = ffi.string(lib.cruddur_error_message(error_object))})
end

-- Calls it with an output before the error, which is freed with `free`.
local function result(kind, free, name, ...)
  local output = ffi.new(kind .. " *[1]")
  local arguments, count = {...}, select("#", ...)
  arguments[count + 1] = output
  call(name, unpack(arguments, 1, count + 1))
  return output[0] ~= nil and ffi.gc(output[0], free) or nil
end

-- A page as tables: one call writes all fields of all messages.
local function messages_of(page)
  local size = tonumber(lib.cruddur_msg_page_fields(page, nil, 0))
  local buffer = ffi.new("char[?]", size)
  lib.cruddur_msg_page_fields(page, buffer, size)
  local fields, messages = {}, {}
  for field in ffi.string(buffer, size):gmatch("(%Z*)%z") do fields[#fields + 1] = field end
  local count = tonumber(lib.cruddur_msg_field_count())
  for at = lib.CRUDDUR_PAGE_FIELDS, #fields - 1, count do
    local message = {}
    for i = 0, count - 1 do
      message[ffi.string(lib.cruddur_msg_field_name(i))] = fields[at + i + 1]
    end
    messages[#messages + 1] = message
  end
  return messages
end

local function user(uuid, name)
  return ffi.new("cruddur_user", ffi.sizeof("cruddur_user"), uuid, name, nil)
end

local function wait_for_message(watch)
  while true do
    local event = result("cruddur_event", lib.cruddur_event_free, "watch_next", watch, 10000)
    if event == nil then error("no event in 10 seconds") end
    if lib.cruddur_event_get_kind(event) == lib.CRUDDUR_EVENT_MESSAGE then
      return ffi.string(lib.cruddur_msg_text(lib.cruddur_event_msg(event)))
    end
  end
end

local ada, ben, eve = user(ADA, "Ada"), user(BEN, "Ben"), user(EVE)
local dm = result("cruddur", lib.cruddur_close, "open", arg[1] or "sqlite::memory:", nil)
local group = result("cruddur_group", lib.cruddur_group_free, "group_create", dm, ada, ben, 1,
                     "Hello, Ben!", nil)
local group_uuid = lib.cruddur_group_uuid(group)
print("created the group of " .. ffi.string(lib.cruddur_group_user_display_name(group)))

local options = ffi.new("cruddur_watch_options")
lib.cruddur_watch_options_init(options, ffi.sizeof(options))
options.group_uuid, options.viewer_uuid = group_uuid, ADA
local watch = result("cruddur_watch", lib.cruddur_watch_close, "watch_open", dm, options)

result("cruddur_msg", lib.cruddur_msg_free, "msg_append", dm, ben, group_uuid, "Ada! How are you?",
       nil)
local page = result("cruddur_msg_page", lib.cruddur_msg_page_free, "msg_list", dm, ADA, group_uuid,
                    nil)
for _, message in ipairs(messages_of(page)) do
  print(message.user_display_name .. ": " .. message.text)
end
print("watched: " .. wait_for_message(watch))

local is_stored, failure = pcall(result, "cruddur_msg", lib.cruddur_msg_free, "msg_append", dm, eve,
                                 group_uuid, "Let me in!", nil)
if is_stored or type(failure) ~= "table" then error(failure) end
print("refused: " .. failure.status .. ", " .. failure.argument)

-- The collector may free things in any order; a watch may be closed before or after its store.
lib.cruddur_watch_close(ffi.gc(watch, nil))
lib.cruddur_close(ffi.gc(dm, nil))
