// Command health-lua runs a health check as Argo CD does: in the same interpreter, with the libraries that Argo CD opens
// when nobody asks for more, less `os`, which a health check has no business with. It reads {"script", "objects"} from
// stdin and prints what the script returns for each object.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	lua "github.com/yuin/gopher-lua"
)

type question struct {
	Script  string           `json:"script"`
	Objects []map[string]any `json:"objects"`
}

type reading struct {
	Status  string `json:"status,omitempty"`
	Message string `json:"message,omitempty"`
	Error   string `json:"error,omitempty"`
}

func main() {
	var asked question
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	readings := make([]reading, 0, len(asked.Objects))
	for _, object := range asked.Objects {
		readings = append(readings, read(asked.Script, object))
	}
	if err := json.NewEncoder(os.Stdout).Encode(readings); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(script string, object map[string]any) reading {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	open(state, lua.LoadLibName, lua.OpenPackage)
	open(state, lua.BaseLibName, lua.OpenBase)
	open(state, lua.TabLibName, lua.OpenTable)
	state.SetGlobal("obj", valueOf(state, object))
	if err := state.DoString(script); err != nil {
		return reading{Error: err.Error()}
	}
	result, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return reading{Error: "the script returned no table"}
	}
	return reading{Status: text(result, "status"), Message: text(result, "message")}
}

func open(state *lua.LState, name string, library lua.LGFunction) {
	state.Push(state.NewFunction(library))
	state.Push(lua.LString(name))
	state.Call(1, 0)
}

func text(table *lua.LTable, field string) string {
	value := table.RawGetString(field)
	if value == lua.LNil {
		return ""
	}
	return value.String()
}

func valueOf(state *lua.LState, value any) lua.LValue {
	switch known := value.(type) {
	case bool:
		return lua.LBool(known)
	case float64:
		return lua.LNumber(known)
	case string:
		return lua.LString(known)
	case []any:
		list := state.NewTable()
		for _, item := range known {
			list.Append(valueOf(state, item))
		}
		return list
	case map[string]any:
		table := state.NewTable()
		for key, item := range known {
			table.RawSetString(key, valueOf(state, item))
		}
		return table
	default:
		return lua.LNil
	}
}
