//! What makes the npm package's WebAssembly module a program of its own: its allocator, and what a panic does.

use core::panic::PanicInfo;
use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

/// 1.3 KB smaller than the standard library's allocator.
#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();

/// No message: it could only show what must not be seen. The trap poisons the instance, and the facade says so.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
