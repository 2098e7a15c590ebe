-- SPDX-License-Identifier: MIT
-- wrk: sends messages, in turn from each of the lines `TOKEN GROUP` in the file BENCH_SENDERS.
local requests = {}
local turn = 0

function init()
  for line in io.lines(os.getenv("BENCH_SENDERS")) do
    local token, group = line:match("(%S+) (%S+)")
    local body = '{"message":"Is the film night still on?","message_group_uuid":"' .. group .. '"}'
    requests[#requests + 1] = wrk.format("POST", "/api/messages", {
      ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json",
    }, body)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end
