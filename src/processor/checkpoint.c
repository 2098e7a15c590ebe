/* SPDX-License-Identifier: MIT */
#include "processor/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/print.h"

#define HEADING "cruddur stream checkpoint "
#define VERSION "1"
#define MODE 0600
#define LINE_END_SIZE 64
/* How much of a path a message shows, in bytes. */
#define PATH_SHOWN 300

/* ---- writing text ---- */

static void add_words(cr_buffer *out, const char *const *words)
{
    for (; *words != NULL; words++) {
        cr_buffer_add(out, cr_str_of(*words));
    }
}

/* FNV-1a: it is to notice what was cut off, mixed up or edited, not what was forged. */
static uint64_t hash(cr_str text)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < text.size; i++) {
        value = (value ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
    }
    return value;
}

static void format_end(char *line, size_t size, size_t count, cr_str before)
{
    (void)snprintf(line, size, "end %zu %016" PRIx64, count, hash(before));
}

void cr_checkpoint_format(cr_str stream, const cr_lineage *lineage, cr_buffer *out)
{
    size_t count = 0;
    char last[LINE_END_SIZE];
    add_words(out, (const char *const[]){HEADING, VERSION, "\nstream ", NULL});
    cr_buffer_add(out, stream);
    cr_buffer_add(out, cr_str_of("\n"));
    for (size_t i = 0; i < lineage->count; i++) {
        const cr_node *node = lineage->node[i];
        if (node->is_done) {
            add_words(out, (const char *const[]){"done ", node->id, "\n", NULL});
        } else if (node->after != NULL) {
            add_words(out, (const char *const[]){"after ", node->id, " ", node->after, "\n", NULL});
        }
        count += node->is_done || node->after != NULL ? 1 : 0;
    }
    if (!out->failed) {
        format_end(last, sizeof(last), count, (cr_str){out->data, out->size});
        add_words(out, (const char *const[]){last, "\n", NULL});
    }
}

/* ---- reading text ---- */

/* Takes what stands before the next `end` off the text; false where there is none. */
static bool take(cr_str *text, char end, cr_str *taken)
{
    const char *found = text->size == 0 ? NULL : memchr(text->data, end, text->size);
    if (found == NULL) {
        return false;
    }
    *taken = (cr_str){text->data, (size_t)(found - text->data)};
    text->data = found + 1;
    text->size -= taken->size + 1;
    return true;
}

/* Takes a word off the beginning. */
static bool take_prefix(cr_str *text, const char *prefix)
{
    size_t size = strlen(prefix);
    if (text->size < size || memcmp(text->data, prefix, size) != 0) {
        return false;
    }
    text->data += size;
    text->size -= size;
    return true;
}

/* Adds a shard that is not there yet. */
static cr_checkpoint_check add_node(cr_lineage *lineage, cr_str id, cr_node **node)
{
    if (!cr_str_is_word(id) || cr_lineage_find(lineage, id) != NULL) {
        return CR_CHECKPOINT_DAMAGED;
    }
    *node = cr_lineage_add(lineage, id);
    return *node == NULL ? CR_CHECKPOINT_NO_MEMORY : CR_CHECKPOINT_GOOD;
}

static cr_checkpoint_check parse_shard(cr_str line, cr_lineage *lineage)
{
    cr_node *node;
    cr_str id = line;
    cr_checkpoint_check check;
    if (take_prefix(&line, "done ")) {
        check = add_node(lineage, line, &node);
        if (check == CR_CHECKPOINT_GOOD) {
            node->is_done = true;
        }
        return check;
    }
    if (!take_prefix(&line, "after ") || !take(&line, ' ', &id) || !cr_str_is_number(line)) {
        return CR_CHECKPOINT_DAMAGED;
    }
    check = add_node(lineage, id, &node);
    if (check == CR_CHECKPOINT_GOOD && !cr_node_set_after(node, line)) {
        check = CR_CHECKPOINT_NO_MEMORY;
    }
    return check;
}

static cr_checkpoint_check parse_heading(cr_str *text, cr_str stream)
{
    cr_str line;
    if (!take(text, '\n', &line) || !take_prefix(&line, HEADING) || !cr_str_is_number(line)) {
        return CR_CHECKPOINT_DAMAGED;
    }
    if (!cr_str_equal(line, cr_str_of(VERSION))) {
        return CR_CHECKPOINT_NEWER;
    }
    if (!take(text, '\n', &line) || !take_prefix(&line, "stream ")) {
        return CR_CHECKPOINT_DAMAGED;
    }
    return cr_str_equal(line, stream) ? CR_CHECKPOINT_GOOD : CR_CHECKPOINT_FOREIGN;
}

cr_checkpoint_check cr_checkpoint_parse(cr_str text, cr_str stream, cr_lineage *lineage)
{
    cr_str rest = text;
    cr_str line;
    char last[LINE_END_SIZE];
    cr_checkpoint_check check = parse_heading(&rest, stream);
    while (check == CR_CHECKPOINT_GOOD) {
        cr_str before = {text.data, text.size - rest.size};
        if (!take(&rest, '\n', &line)) {
            return CR_CHECKPOINT_DAMAGED;
        }
        cr_str end = line;
        if (take_prefix(&end, "end ")) {
            format_end(last, sizeof(last), lineage->count, before);
            bool is_good = cr_str_equal(line, cr_str_of(last)) && rest.size == 0;
            return is_good ? CR_CHECKPOINT_GOOD : CR_CHECKPOINT_DAMAGED;
        }
        check = parse_shard(line, lineage);
    }
    return check;
}

/* ---- the file ---- */

struct cr_checkpoint {
    char *path;
    char *path_new; /* the file to be */
    int folder;
    int lock;
};

static cruddur_status fail_io(const char *path, const char *doing, int number,
                              cruddur_error **error)
{
    cruddur_status status = cr_status_of_store_errno(number, CRUDDUR_E_STORE_IO);
    return status == CRUDDUR_E_NO_MEMORY
               ? cr_fail_memory(error)
               : cr_fail_system(error, status, number, "the checkpoint %.*s: %s",
                                CR_CUT(path, PATH_SHOWN), doing);
}

/* The path with something behind it; NULL when memory ran out. */
static char *join(const char *path, const char *suffix)
{
    size_t size = strlen(path) + strlen(suffix) + 1;
    char *joined = malloc(size);
    if (joined != NULL) {
        (void)snprintf(joined, size, "%s%s", path, suffix);
    }
    return joined;
}

/* Opens the folder, as a rename is durable only once the folder is synced; returns 0 or an errno.
 */
static int open_folder(const char *path, int *fd)
{
    const char *slash = strrchr(path, '/');
    size_t size = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    char *folder = slash == NULL ? strdup(".") : strndup(path, size);
    if (folder == NULL) {
        return ENOMEM;
    }
    *fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int number = *fd < 0 ? errno : 0;
    free(folder);
    return number;
}

/* A file of its own: the checkpoint itself is another file after each write. It stays, as removing
 * it would take the lock from whoever is just about to get it. */
static cruddur_status lock_path(cr_checkpoint *checkpoint, cruddur_error **error)
{
    char *path = join(checkpoint->path, ".lock");
    if (path == NULL) {
        return cr_fail_memory(error);
    }
    checkpoint->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, MODE);
    int number = checkpoint->lock < 0 ? errno : 0;
    free(path);
    if (number != 0) {
        return fail_io(checkpoint->path, "its lock cannot be opened", number, error);
    }
    number = flock(checkpoint->lock, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    if (number == EWOULDBLOCK) {
        return cr_fail_with(error, CRUDDUR_E_STORE_LOCKED,
                            "the checkpoint %.*s: another follower uses it; each needs one of its "
                            "own",
                            CR_CUT(checkpoint->path, PATH_SHOWN));
    }
    return number == 0 ? CRUDDUR_OK
                       : fail_io(checkpoint->path, "it cannot be locked", number, error);
}

static cruddur_status open_files(const char *path, cr_checkpoint *checkpoint, cruddur_error **error)
{
    checkpoint->path = strdup(path);
    checkpoint->path_new = join(path, ".new");
    if (checkpoint->path == NULL || checkpoint->path_new == NULL) {
        return cr_fail_memory(error);
    }
    int number = open_folder(path, &checkpoint->folder);
    return number != 0 ? fail_io(path, "its folder cannot be opened", number, error)
                       : lock_path(checkpoint, error);
}

cruddur_status cr_checkpoint_open(const char *path, cr_checkpoint **ret_checkpoint,
                                  cruddur_error **error)
{
    cr_checkpoint *checkpoint = malloc(sizeof(*checkpoint));
    if (checkpoint == NULL) {
        return cr_fail_memory(error);
    }
    *checkpoint = (cr_checkpoint){.folder = -1, .lock = -1};
    cruddur_status status = open_files(path, checkpoint, error);
    if (status != CRUDDUR_OK) {
        cr_checkpoint_close(checkpoint);
        return status;
    }
    *ret_checkpoint = checkpoint;
    return CRUDDUR_OK;
}

static void close_file(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}

void cr_checkpoint_close(cr_checkpoint *checkpoint)
{
    if (checkpoint != NULL) {
        close_file(checkpoint->folder);
        close_file(checkpoint->lock);
        free(checkpoint->path);
        free(checkpoint->path_new);
        free(checkpoint);
    }
}

/* Reads so many bytes; returns 0 or an errno. */
static int read_all(int fd, size_t all, cr_buffer *text)
{
    char *room = cr_buffer_extend(text, all);
    size_t size = 0;
    while (room != NULL && size < all) {
        ssize_t got = read(fd, room + size, all - size);
        int number = got < 0 ? errno : EIO;
        if (got <= 0 && number != EINTR) {
            return number;
        }
        size += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

static cruddur_status read_file(const char *path, int fd, cr_buffer *text, cruddur_error **error)
{
    struct stat facts;
    int number = fstat(fd, &facts) == 0 ? 0 : errno;
    if (number == 0 && !S_ISREG(facts.st_mode)) {
        return cr_fail_with(error, CRUDDUR_E_STORE_IO, "the checkpoint %.*s: it is %s",
                            CR_CUT(path, PATH_SHOWN),
                            S_ISDIR(facts.st_mode) ? "a folder; name a file in it"
                                                   : "a device or a pipe; it must be a file");
    }
    if (number == 0 && (uintmax_t)facts.st_size > CR_CHECKPOINT_MAX) {
        number = EFBIG;
    }
    if (number == 0) {
        number = read_all(fd, (size_t)facts.st_size, text);
    }
    return number == 0 ? CRUDDUR_OK : fail_io(path, "it cannot be read", number, error);
}

cruddur_status cr_checkpoint_read(const cr_checkpoint *checkpoint, cr_buffer *text, bool *exists,
                                  cruddur_error **error)
{
    int fd = open(checkpoint->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int number = fd < 0 ? errno : 0;
    *exists = fd >= 0;
    if (fd < 0) {
        return number == ENOENT ? CRUDDUR_OK
                                : fail_io(checkpoint->path, "it cannot be opened", number, error);
    }
    cruddur_status status = read_file(checkpoint->path, fd, text, error);
    (void)close(fd);
    return status == CRUDDUR_OK && text->failed ? cr_fail_memory(error) : status;
}

cruddur_status cr_checkpoint_fail(const cr_checkpoint *checkpoint, cr_checkpoint_check check,
                                  cruddur_error **error)
{
    static const char *const words[] = {
        [CR_CHECKPOINT_DAMAGED] = "it is damaged, or no checkpoint; without it, or with another "
                                  "name, everything is applied again from the oldest record on",
        [CR_CHECKPOINT_NEWER] = "it was written by a newer version",
        [CR_CHECKPOINT_FOREIGN] = "it is of another stream; give each stream its own, and a new "
                                  "one to a table whose stream was switched off and on",
    };
    if (check == CR_CHECKPOINT_NO_MEMORY) {
        return cr_fail_memory(error);
    }
    return check == CR_CHECKPOINT_GOOD
               ? CRUDDUR_OK
               : cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.checkpoint",
                                  "%.*s: %s", CR_CUT(checkpoint->path, PATH_SHOWN), words[check]);
}

/* Puts the text in the place of the old checkpoint; returns 0 or an errno. */
static int replace_file(const cr_checkpoint *checkpoint, cr_str text)
{
    int fd =
        open(checkpoint->path_new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, MODE);
    return fd < 0 ? errno : cr_file_replace(fd, checkpoint->path_new, checkpoint->path, text);
}

cruddur_status cr_checkpoint_write(const cr_checkpoint *checkpoint, cr_str text,
                                   cruddur_error **error)
{
    int number = replace_file(checkpoint, text);
    if (number != 0) {
        (void)unlink(checkpoint->path_new); /* also what could not be opened */
        return fail_io(checkpoint->path, "it cannot be written", number, error);
    }
    number = fsync(checkpoint->folder) == 0 ? 0 : errno;
    return number == 0 ? CRUDDUR_OK
                       : fail_io(checkpoint->path, "its folder cannot be synced", number, error);
}
