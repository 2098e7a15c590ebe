/* SPDX-License-Identifier: MIT */
/* A page that shows how a handler answers, until the messages page takes its place. */
#include "page.h"

#include <stdio.h>
#include <stdlib.h>

static void answer_text(request *self, unsigned status, const char *text)
{
    char *body = NULL;
    int size = asprintf(&body, "<!doctype html><title>Messages</title><p>%s</p>\n", text);
    request_answer(self, status, "text/html; charset=utf-8", size < 0 ? NULL : body,
                   size < 0 ? 0 : (size_t)size);
}

static void on_groups(request *self, cruddur_completion *completion)
{
    cruddur_group_page *page = cruddur_completion_take_group_page(completion);
    char text[64];
    snprintf(text, sizeof(text), "%zu groups", cruddur_group_page_count(page));
    cruddur_group_page_free(page);
    answer_text(self, 200, text);
}

void page_inbox(request *self)
{
    cruddur_error *error = NULL;
    cruddur_submit_options submit = request_submit(self, on_groups);
    request_submitted(self,
                      cruddur_group_list_submit(request_store(self), request_person(self)->uuid,
                                                NULL, &submit, NULL, &error),
                      &error);
}

void page_home(request *self)
{
    request_redirect(self, "/messages");
}

void page_failure(request *self, unsigned status, const char *code)
{
    answer_text(self, status, code);
}

#define NOT_YET(name) \
    void name(request *self) \
    { \
        page_failure(self, 501, "not_implemented"); \
    }
NOT_YET(page_conversation)
NOT_YET(page_new)
NOT_YET(page_items)
NOT_YET(page_groups)
NOT_YET(page_sign_in)
NOT_YET(form_new)
NOT_YET(form_send)
NOT_YET(form_edit)
NOT_YET(form_delete)
NOT_YET(form_react)
NOT_YET(form_read)
NOT_YET(form_mute)
NOT_YET(form_archive)
NOT_YET(form_block)
