-- One request with a body, again and again. Arguments: the method, the size of the body.
function init(args)
  wrk.method = args[1]
  wrk.body = string.rep("x", tonumber(args[2]))
end
