/* SPDX-License-Identifier: MIT */
/* The handlers of the messages page, for the table in route.c. */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include "request.h"

void page_home(request *self);         /* GET / */
void page_inbox(request *self);        /* GET /messages */
void page_conversation(request *self); /* GET /messages/UUID */
void page_new(request *self);          /* GET /messages/new, /messages/new/HANDLE */
void page_items(request *self);        /* GET /messages/UUID/items */
void page_groups(request *self);       /* GET /inbox: the fragment of the list of groups */
void page_sign_in(request *self);      /* GET /sign-in, without a code */

void form_new(request *self);  /* POST /messages/new */
void form_send(request *self); /* POST /messages/UUID/send, and so on */
void form_edit(request *self);
void form_delete(request *self);
void form_react(request *self);
void form_read(request *self);
void form_mute(request *self);
void form_archive(request *self);
void form_block(request *self);
void form_time_zone(request *self); /* POST /time-zone */

/* Answers with a page about a failure; `code` is as for request_fail(). It must answer. */
void page_failure(request *self, unsigned status, const char *code);

#endif
