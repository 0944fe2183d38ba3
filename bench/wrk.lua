-- wrk.lua — the searches of the file PATHS (a query a line, quoted for a URL), round and round; REST is appended to each.
local queries, rest, at = {}, os.getenv("REST") or "", 0
for line in io.lines(os.getenv("PATHS")) do queries[#queries + 1] = line end
function request()
    at = at % #queries + 1
    return wrk.format("GET", "/v1/search?q=" .. queries[at] .. rest)
end
