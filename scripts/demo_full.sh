# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# `scripts/demo --full`; scripts/demo sources this file, and stops what it starts.

python=$(tests_python)

# run_original WHAT ARGUMENT...: what takes the place of the application's own programs.
run_original() {
  "$python" -B scripts/demo_original.py "$@"
}

scripts/dynamodb-local --fetch
scripts/cognito-local --fetch
use_local_aws
start_server "PostgreSQL: the application's users" "$python" -B tests/support/postgresql.py
export CRUDDUR_USERS=${url:?}
start_server "cognito-local: their accounts" scripts/cognito-local
export AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=$url
start_server "DynamoDB Local: their messages" scripts/dynamodb-local
dynamodb=$url
export CRUDDUR_STORE="dynamodb:cruddur-messages?endpoint=$dynamodb"

say "The users: their table is created and filled. They have no accounts yet (MOCK)"
show users load examples/data/users.csv
show users list

say "They sign up: a user pool with an account for each, named by preferred_username"
AWS_COGNITO_USER_POOL_ID=$("${command:?}" users list --json | run_original accounts)
export AWS_COGNITO_USER_POOL_ID
show users cognito
show users cognito --json

say "The users' cognito_user_id is filled in: first a look at what would change"
show users sync --dry-run
show users sync
show users sync

say "The table for messages"
show schema load
show schema verify

say "A conversation of two users is brought in"
show seed examples/data/conversation.txt --me @maren --other @teo

group=$("$command" groups @maren --json | uuid_of_group)
say "Pattern A: the newest messages of a group"
show messages "$group" --as @maren --limit 5

say "Pattern B: the groups of a user"
show groups @maren

say "Pattern C: a new group, with its first message"
show new --as @layla --to @maren "Would the two of you mind a third chair?"

say "Pattern D: a message to a group that exists"
show send --as @maren "$group" "Layla is coming too."
show groups @maren

say "The stream: a message is one write here, and the groups move when the stream is processed"
CRUDDUR_STORE="$CRUDDUR_STORE&mode=stream"
show send --as @teo "$group" "The piano stool is hers. 🎹"
show groups @maren
show stream follow --once
show groups @maren

say "The same, read by the application's own queries"
run_original pages "$dynamodb" cruddur-messages "$("$command" users list --json)" maren "$group"

say "Done; the services are stopped now. The command is $command; try it with --help."
