/* SPDX-License-Identifier: MIT */
/* The application's JSON routes. */
#ifndef WEB_API_H
#define WEB_API_H

#include "request.h"

void api_groups(request *self);   /* GET /api/message_groups */
void api_messages(request *self); /* GET /api/messages/UUID */
void api_send(request *self);     /* POST /api/messages */
void api_user(request *self);     /* GET /api/users/@HANDLE/short */
void api_health(request *self);   /* GET /healthz */

#endif
