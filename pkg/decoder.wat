;; Puts the core's module together again from the text that it is shipped as, which payload.mjs has made of it. A module of its
;; own, for it is fast from the first byte on: the same loops in JavaScript are interpreted for most of their life.
;;
;; Whatever is wrong with the text ends in a trap, or in bytes that are no module: each round of each loop takes a character, and
;; behind the last one is memory full of zeros, which are none.
;;
;; The memory, of 16 pages:
;;      0  for each of the nine parts of the text, where its next character is
;;     36  where the first part is left for the functions, and how many functions there are
;;   1024  three tables of 384 places: the byte that each stands for
;;   4096  the text. First of all three sets of 256 in 64 characters each, by the four lowest bits of each: the characters that may
;;         be used, which are also the bytes that are one character in the first table; and those bytes of the other two tables
;;   4288  for each opcode, which part the number behind it is in, by the four lowest bits
;; 524288  what comes of it
(module
  (memory (export "memory") 16)

  ;; Where the next byte goes.
  (global $to (mut i32) (i32.const 524288))

  (func $is_in (param $set i32) (param $member i32) (result i32)
    (i32.and
      (i32.shr_u
        (i32.load8_u (i32.add (local.get $set) (i32.shr_u (local.get $member) (i32.const 2))))
        (i32.and (local.get $member) (i32.const 3)))
      (i32.const 1)))

  ;; The next place that a character leads to, or one behind the table.
  (func $next (param $place i32) (result i32)
    (loop $more
      (br_if $more
        (i32.gt_u
          (i32.lt_u (local.tee $place (i32.add (local.get $place) (i32.const 1))) (i32.const 384))
          (call $is_in (i32.const 4096) (i32.and (local.get $place) (i32.const 127))))))
    (local.get $place))

  ;; Makes a table: the bytes of the set stand where one character leads to, all others where two do; in order.
  (func $make_table (param $table i32) (param $set i32)
    (local $byte i32)
    (local $alone i32)
    (local $prefixed i32)
    (local.set $prefixed (i32.const 128))
    (loop $more
      (i32.store8 offset=1024
        (i32.add
          (local.get $table)
          (if (result i32) (call $is_in (local.get $set) (local.get $byte))
            (then (local.tee $alone (call $next (local.get $alone))))
            (else (local.tee $prefixed (call $next (local.get $prefixed))))))
        (local.get $byte))
      (br_if $more
        (i32.lt_u (local.tee $byte (i32.add (local.get $byte) (i32.const 1))) (i32.const 256)))))

  ;; Takes the next character of a part.
  (func $take (param $part i32) (result i32)
    (local $at i32)
    (i32.store
      (local.tee $part (i32.shl (local.get $part) (i32.const 2)))
      (i32.add (local.tee $at (i32.load (local.get $part))) (i32.const 1)))
    (if (i32.eqz (local.tee $at (i32.load8_u (local.get $at))))
      (then unreachable))
    (local.get $at))

  ;; Copies one byte of a part, and gives it.
  (func $copy (param $part i32) (result i32)
    (local $place i32)
    ;; The prefix `$`.
    (if (i32.eq (local.tee $place (call $take (local.get $part))) (i32.const 36))
      (then (local.set $place (i32.add (call $take (local.get $part)) (i32.const 128)))))
    ;; The prefix `<`.
    (if (i32.eq (local.get $place) (i32.const 60))
      (then (local.set $place (i32.add (call $take (local.get $part)) (i32.const 256)))))
    (i32.store8
      (global.get $to)
      (local.tee $place
        (i32.load8_u offset=1024
          (i32.add
            (local.get $place)
            (i32.mul
              (i32.const 384)
              (i32.add (i32.ne (local.get $part) (i32.const 0)) (i32.eq (local.get $part) (i32.const 8))))))))
    (global.set $to (i32.add (global.get $to) (i32.const 1)))
    (local.get $place))

  ;; Copies so many numbers (LEB128), and gives the last one. Of a signed one only the length matters.
  (func $numbers (param $part i32) (param $count i32) (result i32)
    (local $byte i32)
    (local $shift i32)
    (local $value i32)
    (loop $more
      (if (local.get $count)
        (then
          (local.set $count (i32.sub (local.get $count) (i32.const 1)))
          (local.set $value (local.tee $shift (i32.const 0)))
          (loop $digits
            (local.set $value
              (i32.add
                (local.get $value)
                (i32.shl
                  (i32.and (local.tee $byte (call $copy (local.get $part))) (i32.const 127))
                  (local.get $shift))))
            (local.set $shift (i32.add (local.get $shift) (i32.const 7)))
            (br_if $digits (i32.gt_u (local.get $byte) (i32.const 127))))
          (br $more))))
    (local.get $value))

  ;; Copies the first part up to this character.
  (func $text (param $end i32)
    (loop $more
      (if (i32.lt_u (i32.load (i32.const 0)) (local.get $end))
        (then
          (drop (call $copy (i32.const 0)))
          (br $more)))))

  ;; Copies the body of a function.
  (func $body
    (local $end i32)
    (local $opcode i32)
    (local $part i32)
    (local.set $end (i32.add (call $numbers (i32.const 7) (i32.const 1)) (global.get $to)))
    (drop (call $numbers (i32.const 7) (i32.shl (call $numbers (i32.const 7) (i32.const 1)) (i32.const 1))))
    (loop $more
      (if (i32.lt_u (global.get $to) (local.get $end))
        (then
          (if (i32.eq
                (local.tee $part
                  (i32.and
                    (i32.load8_u offset=4288 (local.tee $opcode (call $copy (i32.const 8))))
                    (i32.const 15)))
                (i32.const 9))
            ;; An alignment, and then an offset.
            (then
              (drop (call $numbers (i32.const 8) (i32.const 1)))
              (local.set $part (i32.const 3))))
          (if (local.get $part)
            (then
              (drop
                (call $numbers
                  (local.get $part)
                  (if (result i32) (i32.eq (local.get $opcode) (i32.const 14))
                    ;; A table of branches: how many, those, and one more.
                    (then (i32.add (call $numbers (local.get $part) (i32.const 1)) (i32.const 1)))
                    (else (i32.const 1)))))))
          (br $more)))))

  ;; Gives where the module ends.
  (func (export "decode") (result i32)
    (local $end i32)
    (local $functions i32)
    (call $make_table (i32.const 0) (i32.const 4096))
    (call $make_table (i32.const 384) (i32.const 4160))
    (call $make_table (i32.const 768) (i32.const 4224))
    (local.set $end (i32.load (i32.const 4)))
    (call $text (i32.load (i32.const 36)))
    (local.set $functions (i32.load (i32.const 40)))
    (loop $more
      (if (local.get $functions)
        (then
          (call $body)
          (local.set $functions (i32.sub (local.get $functions) (i32.const 1)))
          (br $more))))
    (call $text (local.get $end))
    (global.get $to)))
