-- Requests as a file has them, each after a line with its length, in turn, beginning with the one that is named.
-- Arguments: the file, the number of the first request.
local ready, at = {}, 0

function init(args)
  local file = io.open(args[1], "rb")
  for line in file:lines() do ready[#ready + 1] = file:read(tonumber(line)) end
  file:close()
  at = tonumber(args[2]) % #ready
end

function request()
  at = at % #ready + 1
  return ready[at]
end
