if true; then echo a; else echo b; fi
if false; then echo a; elif true; then echo c; else echo b; fi
if false; then echo a; fi; echo $?
if ! false; then echo not; fi
i=0
while [ $i -lt 5 ]; do
  i=$((i + 1))
  if [ $i = 2 ]; then continue; fi
  if [ $i = 4 ]; then break; fi
  echo w$i
done
until [ $i -eq 6 ]; do echo u$i; i=$((i+1)); done
for x in a b c; do echo $x; done
for x in; do echo never; done; echo $?
for x do echo no; done
set -- p q; for x do echo $x; done
for i in 1 2; do for j in 1 2 3; do [ $j = 2 ] && continue 2; echo $i$j; done; done
for i in 1 2; do for j in 1 2 3; do [ $j = 2 ] && break 2; echo $i$j; done; done
case abc in a) echo one;; a*) echo two;; *) echo three;; esac
case "a b" in "a b"|c) echo quoted;; esac
case x in (y) echo y;; (x) echo paren ;; esac
case none in a) ;; esac; echo $?
case '*' in '*') echo star;; esac
case - in [a-c]) echo range;; [!a-c]) echo other;; esac
{ echo group; echo two; } | wc -l
( echo sub; cd /; exit 3 ); echo $?
true && echo and || echo or
false && echo and || echo or
false || true && echo chain
! true; echo $?
! false | true; echo $?
true; false | true; echo $?
echo end
