/* SPDX-License-Identifier: MIT */
/* The file that keeps how far a stream was applied. */
#include "base/call.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "processor/checkpoint.h"

#define STREAM "arn:aws:dynamodb:eu-central-1:123456789012:table/messages/stream/2026"

static char folder[] = "/tmp/cruddur-checkpoint-XXXXXX";
static char path[100];

static void make_folder(void)
{
    cr_assert(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof(path), "%s/position", folder);
}

static void remove_folder(void)
{
    static const char *const suffixes[] = {"", ".lock", ".new"};
    char name[120];
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        (void)snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        (void)remove(name);
    }
    cr_assert_eq(rmdir(folder), 0);
}

TestSuite(checkpoint, .timeout = 300, .init = make_folder, .fini = remove_folder);

/* ---- the text ---- */

static void fill(cr_lineage *lineage)
{
    cr_node *node = cr_lineage_add(lineage, cr_str_of("shardId-2"));
    cr_assert(cr_node_set_after(node, cr_str_of("000000000000000000042")));
    cr_lineage_add(lineage, cr_str_of("shardId-1"))->is_done = true;
    (void)cr_lineage_add(lineage, cr_str_of("shardId-3")); /* nothing was applied of it */
}

static cr_buffer format(void)
{
    cr_lineage lineage = CR_LINEAGE_INIT;
    cr_buffer text;
    cr_buffer_init(&text, CR_CHECKPOINT_MAX);
    fill(&lineage);
    cr_checkpoint_format(cr_str_of(STREAM), &lineage, &text);
    cr_assert(!text.failed);
    cr_lineage_free(&lineage);
    return text;
}

static cr_checkpoint_check parse(cr_str text, const char *stream)
{
    cr_lineage lineage = CR_LINEAGE_INIT;
    cr_checkpoint_check check = cr_checkpoint_parse(text, cr_str_of(stream), &lineage);
    cr_lineage_free(&lineage);
    return check;
}

Test(checkpoint, is_read_as_it_was_written)
{
    cr_lineage lineage = CR_LINEAGE_INIT;
    cr_buffer text = format();
    cr_assert_eq(cr_checkpoint_parse((cr_str){text.data, text.size}, cr_str_of(STREAM), &lineage),
                 CR_CHECKPOINT_GOOD);
    cr_assert_eq(lineage.count, 2);
    cr_assert_str_eq(lineage.node[0]->id, "shardId-1");
    cr_assert(lineage.node[0]->is_done);
    cr_assert_str_eq(lineage.node[1]->id, "shardId-2");
    cr_assert(!lineage.node[1]->is_done);
    cr_assert_str_eq(lineage.node[1]->after, "000000000000000000042");
    cr_lineage_free(&lineage);
    cr_buffer_free(&text);
}

Test(checkpoint, one_of_nothing)
{
    cr_lineage lineage = CR_LINEAGE_INIT;
    cr_buffer text;
    cr_buffer_init(&text, CR_CHECKPOINT_MAX);
    cr_checkpoint_format(cr_str_of(STREAM), &lineage, &text);
    cr_assert_eq(parse((cr_str){text.data, text.size}, STREAM), CR_CHECKPOINT_GOOD);
    cr_buffer_free(&text);
}

Test(checkpoint, of_another_stream)
{
    cr_buffer text = format();
    cr_assert_eq(parse((cr_str){text.data, text.size}, STREAM "7"), CR_CHECKPOINT_FOREIGN);
    cr_buffer_free(&text);
}

Test(checkpoint, cut_off_anywhere_it_is_damaged)
{
    cr_buffer text = format();
    for (size_t size = 0; size < text.size; size++) {
        cr_assert_eq(parse((cr_str){text.data, size}, STREAM), CR_CHECKPOINT_DAMAGED, "%zu bytes",
                     size);
    }
    cr_buffer_free(&text);
}

Test(checkpoint, no_byte_can_be_another)
{
    cr_buffer text = format();
    for (size_t i = 0; i < text.size; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            char before = text.data[i];
            text.data[i] = (char)((unsigned char)before ^ 1u << bit);
            cr_assert_neq(parse((cr_str){text.data, text.size}, STREAM), CR_CHECKPOINT_GOOD,
                          "byte %zu, bit %u", i, bit);
            text.data[i] = before;
        }
    }
    cr_buffer_free(&text);
}

Test(checkpoint, what_is_none)
{
    static const struct {
        const char *text;
        cr_checkpoint_check check;
    } texts[] = {
        {"", CR_CHECKPOINT_DAMAGED},
        {"\n", CR_CHECKPOINT_DAMAGED},
        {"{\"Records\":[]}\n", CR_CHECKPOINT_DAMAGED},
        {"cruddur stream checkpoint 2\nanything\n", CR_CHECKPOINT_NEWER},
        {"cruddur stream checkpoint x\n", CR_CHECKPOINT_DAMAGED},
        {"cruddur stream checkpoint 1\nstream " STREAM "\nafter a 1\nafter a 2\n",
         CR_CHECKPOINT_DAMAGED},
        {"cruddur stream checkpoint 1\nstream " STREAM "\nafter a\n", CR_CHECKPOINT_DAMAGED},
        {"cruddur stream checkpoint 1\nstream " STREAM "\nafter a x\n", CR_CHECKPOINT_DAMAGED},
        {"cruddur stream checkpoint 1\nstream " STREAM "\ndone \n", CR_CHECKPOINT_DAMAGED},
        {"cruddur stream checkpoint 1\nstream " STREAM "\ndone a b\n", CR_CHECKPOINT_DAMAGED},
        {"cruddur stream checkpoint 1\nstream " STREAM "\nend 0 0\n", CR_CHECKPOINT_DAMAGED},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        cr_assert_eq(parse(cr_str_of(texts[i].text), STREAM), texts[i].check, "%s", texts[i].text);
    }
    cr_assert_eq(parse((cr_str){"cruddur\0stream", 14}, STREAM), CR_CHECKPOINT_DAMAGED);
}

Test(checkpoint, what_is_wrong_is_told)
{
    cr_checkpoint *checkpoint = NULL;
    cruddur_error *error = NULL;
    cr_assert_eq(cr_checkpoint_open(path, &checkpoint, &error), CRUDDUR_OK);
    cr_assert_eq(cr_checkpoint_fail(checkpoint, CR_CHECKPOINT_GOOD, &error), CRUDDUR_OK);
    for (cr_checkpoint_check check = CR_CHECKPOINT_DAMAGED; check <= CR_CHECKPOINT_FOREIGN;
         check++) {
        cr_assert_eq(cr_checkpoint_fail(checkpoint, check, &error), CRUDDUR_E_INVALID_ARGUMENT);
        cr_assert(strstr(cruddur_error_message(error), path) != NULL);
        cr_assert_str_eq(cruddur_error_argument(error), "options.checkpoint");
        cruddur_error_free(error);
    }
    cr_checkpoint_close(checkpoint);
}

/* ---- the file ---- */

static cr_checkpoint *open_checkpoint(void)
{
    cr_checkpoint *checkpoint = NULL;
    cruddur_error *error = NULL;
    cruddur_status status = cr_checkpoint_open(path, &checkpoint, &error);
    cr_assert_eq(status, CRUDDUR_OK, "%s", cruddur_error_message(error));
    return checkpoint;
}

static void must_hold(const cr_checkpoint *checkpoint, const char *wanted)
{
    cr_buffer text;
    bool exists;
    cruddur_error *error = NULL;
    cr_buffer_init(&text, CR_CHECKPOINT_MAX);
    cruddur_status status = cr_checkpoint_read(checkpoint, &text, &exists, &error);
    cr_assert_eq(status, CRUDDUR_OK, "%s", cruddur_error_message(error));
    cr_assert_eq(exists, wanted != NULL);
    cr_assert(cr_str_equal((cr_str){text.data, text.size}, cr_str_of(wanted)));
    cr_buffer_free(&text);
}

static void must_write(const cr_checkpoint *checkpoint, const char *text)
{
    cruddur_error *error = NULL;
    cruddur_status status = cr_checkpoint_write(checkpoint, cr_str_of(text), &error);
    cr_assert_eq(status, CRUDDUR_OK, "%s", cruddur_error_message(error));
}

static void must_fail_to_write(const cr_checkpoint *checkpoint)
{
    cruddur_error *error = NULL;
    cr_assert_eq(cr_checkpoint_write(checkpoint, cr_str_of("what is never to be seen"), &error),
                 CRUDDUR_E_STORE_IO);
    cr_assert(strstr(cruddur_error_message(error), path) != NULL);
    cruddur_error_free(error);
    cr_assert_eq(cr_checkpoint_write(checkpoint, cr_str_of("nor this text here"), NULL),
                 CRUDDUR_E_STORE_IO);
}

Test(checkpoint, is_replaced_and_private)
{
    struct stat facts;
    (void)umask(0);
    cr_checkpoint *checkpoint = open_checkpoint();
    must_hold(checkpoint, NULL);
    must_write(checkpoint, "one, which is longer");
    must_hold(checkpoint, "one, which is longer");
    must_write(checkpoint, "two");
    must_hold(checkpoint, "two");
    cr_assert_eq(stat(path, &facts), 0);
    cr_assert_eq(facts.st_mode & 0777, 0600);
    cr_checkpoint_close(checkpoint);
    checkpoint = open_checkpoint();
    must_hold(checkpoint, "two");
    cr_checkpoint_close(checkpoint);
}

Test(checkpoint, is_one_followers_alone)
{
    cr_checkpoint *second = NULL;
    cruddur_error *error = NULL;
    cr_checkpoint *first = open_checkpoint();
    cr_assert_eq(cr_checkpoint_open(path, &second, &error), CRUDDUR_E_STORE_LOCKED);
    cr_assert(cruddur_error_is_retryable(error));
    cruddur_error_free(error);
    cr_assert_eq(cr_checkpoint_open(path, &second, NULL), CRUDDUR_E_STORE_LOCKED);
    must_write(first, "one");
    cr_assert_eq(cr_checkpoint_open(path, &second, NULL), CRUDDUR_E_STORE_LOCKED);
    cr_checkpoint_close(first);
    cr_checkpoint_close(open_checkpoint());
    cr_checkpoint_close(NULL);
}

Test(checkpoint, a_full_disk_leaves_the_old_one)
{
    struct rlimit before;
    cr_checkpoint *checkpoint = open_checkpoint();
    must_write(checkpoint, "old");
    (void)signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit full = {5, before.rlim_max};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &full), 0);
    must_fail_to_write(checkpoint);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    must_hold(checkpoint, "old");
    must_write(checkpoint, "new, and longer than that");
    must_hold(checkpoint, "new, and longer than that");
    cr_checkpoint_close(checkpoint);
}

/* Somebody's link is not written through. */
Test(checkpoint, a_link_in_the_way)
{
    char name[120];
    char target[120];
    struct stat facts;
    cr_checkpoint *checkpoint = open_checkpoint();
    must_write(checkpoint, "old");
    (void)snprintf(name, sizeof(name), "%s.new", path);
    (void)snprintf(target, sizeof(target), "%s/target", folder);
    cr_assert_eq(symlink(target, name), 0);
    cr_assert_eq(cr_checkpoint_write(checkpoint, cr_str_of("new"), NULL), CRUDDUR_E_STORE_IO);
    cr_assert_neq(stat(target, &facts), 0);
    must_hold(checkpoint, "old");
    must_write(checkpoint, "new"); /* the failure took the link away */
    cr_checkpoint_close(checkpoint);
}

Test(checkpoint, what_is_no_file)
{
    cr_buffer text;
    bool exists;
    cruddur_error *error = NULL;
    cr_assert_eq(mkdir(path, 0700), 0);
    cr_checkpoint *checkpoint = open_checkpoint();
    cr_buffer_init(&text, CR_CHECKPOINT_MAX);
    cr_assert_eq(cr_checkpoint_read(checkpoint, &text, &exists, &error), CRUDDUR_E_STORE_IO);
    cr_assert(strstr(cruddur_error_message(error), "it is a folder") != NULL);
    cruddur_error_free(error);
    must_fail_to_write(checkpoint);
    cr_buffer_free(&text);
    cr_checkpoint_close(checkpoint);
}

Test(checkpoint, a_pipe_does_not_hang)
{
    cr_buffer text;
    bool exists;
    cruddur_error *error = NULL;
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_checkpoint *checkpoint = open_checkpoint();
    cr_buffer_init(&text, CR_CHECKPOINT_MAX);
    cr_assert_eq(cr_checkpoint_read(checkpoint, &text, &exists, &error), CRUDDUR_E_STORE_IO);
    cr_assert(strstr(cruddur_error_message(error), "it must be a file") != NULL);
    cruddur_error_free(error);
    cr_buffer_free(&text);
    cr_checkpoint_close(checkpoint);
}

Test(checkpoint, a_folder_that_is_not_there)
{
    char name[140];
    cr_checkpoint *checkpoint = NULL;
    cruddur_error *error = NULL;
    (void)snprintf(name, sizeof(name), "%s/not-there/position", folder);
    cr_assert_eq(cr_checkpoint_open(name, &checkpoint, &error), CRUDDUR_E_STORE_IO);
    cr_assert(strstr(cruddur_error_message(error), "No such file") != NULL);
    cruddur_error_free(error);
}
