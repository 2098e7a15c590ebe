#!/usr/bin/env ruby
# frozen_string_literal: true
# SPDX-License-Identifier: MIT
# libcruddur from Ruby: opens a store, creates a group, appends, lists, watches one event, handles an
# error.
#
#   ruby hello.rb [STORE]      CRUDDUR_LIBRARY names the library if the loader does not find it
require 'fiddle'
require 'fiddle/import'

ADA = '5ae290ed-55d1-47a0-bc6d-fe2bc2700399'
BEN = 'ee8a1d0c-7b1f-4c41-9f0e-2b7a3c1d5e60'
EVE = '00000000-0000-4000-8000-000000000001'

# The functions and structs that this program uses, as the headers have them.
module Lib
  extend Fiddle::Importer
  dlload ENV.fetch('CRUDDUR_LIBRARY', 'libcruddur.so.0.2')
  typealias 'uint32_t', 'unsigned int'
  extern 'int cruddur_open(char *, void *, void *, void *)'
  extern 'void cruddur_close(void *)'
  extern 'int cruddur_group_create(void *, void *, void *, size_t, char *, void *, void *, void *)'
  extern 'char *cruddur_group_uuid(void *)'
  extern 'char *cruddur_group_user_display_name(void *)'
  extern 'void cruddur_group_free(void *)'
  extern 'int cruddur_msg_append(void *, void *, char *, char *, void *, void *, void *)'
  extern 'char *cruddur_msg_text(void *)'
  extern 'void cruddur_msg_free(void *)'
  extern 'int cruddur_msg_list(void *, char *, char *, void *, void *, void *)'
  extern 'size_t cruddur_msg_page_fields(void *, void *, size_t)'
  extern 'size_t cruddur_msg_field_count()'
  extern 'char *cruddur_msg_field_name(size_t)'
  extern 'void cruddur_msg_page_free(void *)'
  extern 'void cruddur_watch_options_init(void *, size_t)'
  extern 'int cruddur_watch_open(void *, void *, void *, void *)'
  extern 'int cruddur_watch_next(void *, uint32_t, void *, void *)'
  extern 'void cruddur_watch_close(void *)'
  extern 'int cruddur_event_get_kind(void *)'
  extern 'void *cruddur_event_msg(void *)'
  extern 'void cruddur_event_free(void *)'
  extern 'char *cruddur_status_name(int)'
  extern 'char *cruddur_error_argument(void *)'
  extern 'char *cruddur_error_message(void *)'
  extern 'void cruddur_error_free(void *)'

  User = struct(['size_t size', 'char *uuid', 'char *display_name', 'char *handle'])
  WatchOptions = struct(['size_t size', 'uint32_t flags', 'uint32_t timeout_ms', 'char *user_uuid',
                         'char *group_uuid', 'char *viewer_uuid', 'char *cursor',
                         'uint32_t interval_min_ms', 'uint32_t interval_max_ms'])
  PAGE_FIELDS = 4
  EVENT_MESSAGE = 1
end

# A call failed.
class CruddurError < StandardError
  attr_reader :status, :argument

  def initialize(status, error)
    @status = Lib.cruddur_status_name(status).to_s
    argument = Lib.cruddur_error_argument(error)
    @argument = argument.null? ? '' : argument.to_s
    super(Lib.cruddur_error_message(error).to_s.force_encoding('UTF-8'))
    Lib.cruddur_error_free(error)
  end
end

# Calls a function that can fail, with an output and an error as its last arguments. The caller frees
# what it returns; nil if there is none.
def result(name, *arguments)
  outputs = Fiddle::Pointer.malloc(2 * Fiddle::SIZEOF_VOIDP, Fiddle::RUBY_FREE)
  outputs[0, outputs.size] = "\0" * outputs.size
  status = Lib.public_send("cruddur_#{name}", *arguments, outputs, outputs + Fiddle::SIZEOF_VOIDP)
  raise CruddurError.new(status, (outputs + Fiddle::SIZEOF_VOIDP).ptr) unless status.zero?

  outputs.ptr.null? ? nil : outputs.ptr
end

# The texts of a struct live as long as the array.
def user(uuid, name = nil)
  made = Lib::User.malloc(Fiddle::RUBY_FREE)
  texts = [uuid, name].map { |text| text && Fiddle::Pointer[text] }
  made.size = Lib::User.size
  made.uuid = texts[0]
  made.display_name = texts[1] || Fiddle::NULL
  made.handle = Fiddle::NULL
  [made, texts]
end

# The messages of a page as hashes: one call writes all fields of all messages.
def messages_of(page)
  size = Lib.cruddur_msg_page_fields(page, nil, 0)
  buffer = Fiddle::Pointer.malloc(size, Fiddle::RUBY_FREE)
  Lib.cruddur_msg_page_fields(page, buffer, size)
  fields = buffer[0, size - 1].force_encoding('UTF-8').split("\0", -1)
  names = Array.new(Lib.cruddur_msg_field_count) { |i| Lib.cruddur_msg_field_name(i).to_s }
  fields.drop(Lib::PAGE_FIELDS).each_slice(names.size).map { |row| names.zip(row).to_h }
end

def wait_for_message(watch)
  while (event = result('watch_next', watch, 10_000))
    kind = Lib.cruddur_event_get_kind(event)
    message = Lib.cruddur_event_msg(event)
    text = message.null? ? '' : Lib.cruddur_msg_text(message).to_s.force_encoding('UTF-8')
    Lib.cruddur_event_free(event)
    return text if kind == Lib::EVENT_MESSAGE
  end
  raise 'no event in 10 seconds'
end

(ada,), (ben,), (eve,) = people = [user(ADA, 'Ada'), user(BEN, 'Ben'), user(EVE)]
dm = result('open', ARGV.fetch(0, 'sqlite::memory:'), nil)
group = result('group_create', dm, ada, ben, 1, 'Hello, Ben!', nil)
group_uuid = Lib.cruddur_group_uuid(group).to_s
puts "created the group of #{Lib.cruddur_group_user_display_name(group)}"
Lib.cruddur_group_free(group)

options = Lib::WatchOptions.malloc(Fiddle::RUBY_FREE)
Lib.cruddur_watch_options_init(options, Lib::WatchOptions.size)
options.group_uuid = Fiddle::Pointer[group_uuid]
options.viewer_uuid = Fiddle::Pointer[ADA]
watch = result('watch_open', dm, options)

Lib.cruddur_msg_free(result('msg_append', dm, ben, group_uuid, 'Ada! How are you?', nil))
page = result('msg_list', dm, ADA, group_uuid, nil)
messages_of(page).each { |message| puts "#{message['user_display_name']}: #{message['text']}" }
Lib.cruddur_msg_page_free(page)
puts "watched: #{wait_for_message(watch)}"

begin
  result('msg_append', dm, eve, group_uuid, 'Let me in!', nil)
  abort 'a stranger was let in'
rescue CruddurError => e
  puts "refused: #{e.status}, #{e.argument}"
end
Lib.cruddur_watch_close(watch)
Lib.cruddur_close(dm)
people.clear
