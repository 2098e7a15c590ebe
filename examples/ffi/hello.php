#!/usr/bin/env php
<?php
// SPDX-License-Identifier: MIT
// libcruddur from PHP: opens a store, creates a group, appends, lists, watches one event, handles an
// error.
//
//   php -d ffi.enable=1 hello.php [STORE]    CRUDDUR_LIBRARY names the library if the loader does not
//                                            find it
declare(strict_types=1);

const ADA = '5ae290ed-55d1-47a0-bc6d-fe2bc2700399';
const BEN = 'ee8a1d0c-7b1f-4c41-9f0e-2b7a3c1d5e60';
const EVE = '00000000-0000-4000-8000-000000000001';

final class CruddurError extends RuntimeException
{
    public function __construct(public readonly string $status, public readonly string $argument,
                                string $message)
    {
        parent::__construct($message);
    }
}

final class Cruddur
{
    private FFI $lib;

    public function __construct()
    {
        $this->lib = FFI::cdef(file_get_contents(__DIR__ . '/cruddur.cdef'),
                               getenv('CRUDDUR_LIBRARY') ?: 'libcruddur.so.0.2');
    }

    public function lib(): FFI
    {
        return $this->lib;
    }

    /** Calls a function that can fail, with an error as its last argument. */
    private function call(string $name, mixed ...$arguments): void
    {
        $failed = $this->lib->new('cruddur_error *');
        $status = $this->lib->{"cruddur_$name"}(...$arguments, ...[FFI::addr($failed)]);
        if ($status === 0) {
            return;
        }
        $failure = new CruddurError($this->lib->cruddur_status_name($status),
                                    $this->lib->cruddur_error_argument($failed) ?? '',
                                    $this->lib->cruddur_error_message($failed));
        $this->lib->cruddur_error_free($failed);
        throw $failure;
    }

    /** Calls it with an output before the error; the caller frees it. Null if there is none. */
    public function result(string $kind, string $name, mixed ...$arguments): ?FFI\CData
    {
        $output = $this->lib->new("$kind *");
        $this->call($name, ...$arguments, ...[FFI::addr($output)]);
        return FFI::isNull($output) ? null : $output;
    }

    /** A text that C reads until it is dropped; strings of arguments need none. */
    public function text(string $text): FFI\CData
    {
        $copy = $this->lib->new('char[' . (strlen($text) + 1) . ']');
        FFI::memcpy($copy, $text . "\0", strlen($text) + 1);
        return $copy;
    }

    /** The messages of a page as arrays: one call writes all fields of all messages. */
    public function messages(FFI\CData $page): array
    {
        $size = $this->lib->cruddur_msg_page_fields($page, null, 0);
        $buffer = $this->lib->new("char[$size]");
        $this->lib->cruddur_msg_page_fields($page, $buffer, $size);
        $fields = explode("\0", FFI::string($buffer, $size - 1));
        $count = $this->lib->cruddur_msg_field_count();
        $names = array_map(fn ($field) => $this->lib->cruddur_msg_field_name($field),
                           range(0, $count - 1));
        $rows = array_chunk(array_slice($fields, $this->lib->CRUDDUR_PAGE_FIELDS), $count);
        return array_map(fn ($row) => array_combine($names, $row), $rows);
    }

    public function waitForMessage(FFI\CData $watch): string
    {
        while (($event = $this->result('cruddur_event', 'watch_next', $watch, 10000)) !== null) {
            $kind = $this->lib->cruddur_event_get_kind($event);
            $message = $this->lib->cruddur_event_msg($event);
            $text = $message === null ? '' : $this->lib->cruddur_msg_text($message);
            $this->lib->cruddur_event_free($event);
            if ($kind === $this->lib->CRUDDUR_EVENT_MESSAGE) {
                return $text;
            }
        }
        throw new RuntimeException('no event in 10 seconds');
    }
}

/** A cruddur_user; its texts live as long as the array. */
function user(Cruddur $cruddur, string $uuid, ?string $name = null): array
{
    $user = $cruddur->lib()->new('cruddur_user');
    $texts = [$cruddur->text($uuid), $name === null ? null : $cruddur->text($name)];
    $user->size = FFI::sizeof($user);
    $user->uuid = $cruddur->lib()->cast('char *', FFI::addr($texts[0]));
    if ($name !== null) {
        $user->display_name = $cruddur->lib()->cast('char *', FFI::addr($texts[1]));
    }
    return [FFI::addr($user), $user, $texts];
}

$cruddur = new Cruddur();
$lib = $cruddur->lib();
[$ada, $ben, $eve] = [user($cruddur, ADA, 'Ada'), user($cruddur, BEN, 'Ben'), user($cruddur, EVE)];
$dm = $cruddur->result('cruddur', 'open', $argv[1] ?? 'sqlite::memory:', null);
$group = $cruddur->result('cruddur_group', 'group_create', $dm, $ada[0], $ben[0], 1, 'Hello, Ben!',
                          null);
$groupUuid = $lib->cruddur_group_uuid($group);
echo 'created the group of ', $lib->cruddur_group_user_display_name($group), "\n";
$lib->cruddur_group_free($group);

$options = $lib->new('cruddur_watch_options');
$texts = [$cruddur->text($groupUuid), $cruddur->text(ADA)];
$lib->cruddur_watch_options_init(FFI::addr($options), FFI::sizeof($options));
$options->group_uuid = $lib->cast('char *', FFI::addr($texts[0]));
$options->viewer_uuid = $lib->cast('char *', FFI::addr($texts[1]));
$watch = $cruddur->result('cruddur_watch', 'watch_open', $dm, FFI::addr($options));

$message = $cruddur->result('cruddur_msg', 'msg_append', $dm, $ben[0], $groupUuid,
                            'Ada! How are you?', null);
$lib->cruddur_msg_free($message);
$page = $cruddur->result('cruddur_msg_page', 'msg_list', $dm, ADA, $groupUuid, null);
foreach ($cruddur->messages($page) as $each) {
    echo $each['user_display_name'], ': ', $each['text'], "\n";
}
$lib->cruddur_msg_page_free($page);
echo 'watched: ', $cruddur->waitForMessage($watch), "\n";

try {
    $cruddur->result('cruddur_msg', 'msg_append', $dm, $eve[0], $groupUuid, 'Let me in!', null);
    throw new LogicException('a stranger was let in');
} catch (CruddurError $failure) {
    echo "refused: $failure->status, $failure->argument\n";
}
$lib->cruddur_watch_close($watch);
$lib->cruddur_close($dm);
