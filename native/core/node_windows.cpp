/** @file Node-API on Windows. An addon there must name the file that its host's functions come from, node.exe, which breaks
 *  where the host is called otherwise, and linking needs a list of them. So each function that binding.cpp uses is one of
 *  ours that asks the running program for its own. */
#if defined(_WIN32)
#include <node_api.h>

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

namespace {

/** The host's function of a name. Without it the addon cannot have been loaded by Node. */
template <class F>
F of_host(const char* name) {
  FARPROC found = GetProcAddress(GetModuleHandleW(nullptr), name);
  if (found == nullptr) found = GetProcAddress(GetModuleHandleW(L"libnode.dll"), name);
  return reinterpret_cast<F>(reinterpret_cast<void*>(found));
}

}  // namespace

#define FORWARD(name, parameters, arguments)                      \
  extern "C" napi_status name parameters {                        \
    static const auto function = of_host<decltype(&name)>(#name); \
    return function == nullptr ? napi_generic_failure : function arguments; \
  }

FORWARD(napi_create_double, (napi_env env, double x, napi_value* out), (env, x, out))
FORWARD(napi_create_error, (napi_env env, napi_value code, napi_value text, napi_value* out), (env, code, text, out))
FORWARD(napi_create_external_arraybuffer, (napi_env env, void* data, size_t bytes, napi_finalize end, void* hint, napi_value* out), (env, data, bytes, end, hint, out))
FORWARD(napi_create_function, (napi_env env, const char* name, size_t length, napi_callback f, void* data, napi_value* out), (env, name, length, f, data, out))
FORWARD(napi_create_object, (napi_env env, napi_value* out), (env, out))
FORWARD(napi_create_string_utf8, (napi_env env, const char* text, size_t length, napi_value* out), (env, text, length, out))
FORWARD(napi_get_cb_info, (napi_env env, napi_callback_info info, size_t* count, napi_value* values, napi_value* self, void** data), (env, info, count, values, self, data))
FORWARD(napi_get_typedarray_info, (napi_env env, napi_value value, napi_typedarray_type* type, size_t* length, void** data, napi_value* buffer, size_t* offset), (env, value, type, length, data, buffer, offset))
FORWARD(napi_get_value_double, (napi_env env, napi_value value, double* out), (env, value, out))
FORWARD(napi_get_value_int32, (napi_env env, napi_value value, int32_t* out), (env, value, out))
FORWARD(napi_get_value_int64, (napi_env env, napi_value value, int64_t* out), (env, value, out))
FORWARD(napi_get_value_string_utf8, (napi_env env, napi_value value, char* text, size_t room, size_t* length), (env, value, text, room, length))
FORWARD(napi_is_typedarray, (napi_env env, napi_value value, bool* out), (env, value, out))
FORWARD(napi_set_named_property, (napi_env env, napi_value object, const char* name, napi_value value), (env, object, name, value))
FORWARD(napi_throw, (napi_env env, napi_value error), (env, error))
FORWARD(napi_throw_error, (napi_env env, const char* code, const char* text), (env, code, text))
#endif
