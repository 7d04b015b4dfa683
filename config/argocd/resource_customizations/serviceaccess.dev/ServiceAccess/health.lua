-- How Argo CD reads a ServiceAccess. The conditions are looked up by type, for nobody promises their order.
local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end

local function is(name, value)
  return conditions[name] ~= nil and conditions[name].status == value
end

local function health(code, message)
  return { status = code, message = message }
end

-- Healthy means that the policies are as asked. What they do together with the policies of others is said beside it.
local function withDoubts(message)
  for _, name in ipairs({ "Effective", "Exclusive", "PermitsConsented", "Enforced" }) do
    if is(name, "False") then
      message = message .. "; " .. name .. " is False: " .. conditions[name].message
    end
  end
  return message
end

if obj.metadata.deletionTimestamp ~= nil then
  return health("Progressing", "Deleting")
end
if obj.spec ~= nil and obj.spec.suspend == true then
  return health("Suspended", "spec.suspend is true: the policies stay as they are")
end
-- Before the operator has seen this spec, whatever the status says is about another one.
if status.observedGeneration ~= obj.metadata.generation then
  return health("Progressing", "The operator has not seen this spec yet")
end
if is("Stalled", "True") then
  return health("Degraded", conditions.Stalled.message)
end
if is("Reconciling", "True") then
  return health("Progressing", conditions.Reconciling.message)
end
if is("Ready", "True") then
  return health("Healthy", withDoubts(conditions.Ready.message))
end
if is("Ready", "False") then
  return health("Degraded", conditions.Ready.message)
end
return health("Progressing", "The operator has not said yet whether the policies are as asked")
