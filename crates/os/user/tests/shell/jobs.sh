sleep 0.1 & wait; echo $?
(exit 3) & wait $!; echo $?
sh -c 'exit 4' & p=$!; sh -c 'exit 5' & wait $p; echo $?; wait; echo $?
{ sleep 0.2; echo late; } & echo early; wait
false & wait $!; echo $?
sleep 10 & kill $!; wait $! 2>/dev/null; echo $?
wait 999999; echo $?
seq 1000 | head -n 1; echo $?
true & true && echo both
trap 'echo caught' TERM; kill -TERM $$; echo after
echo a | cat | cat | cat
(echo 1; sleep 0.1; echo 2) | while read x; do echo "r$x"; done
(seq 100000; echo wrote >&2) 2> /dev/null | head -n 1; { seq 100000; } | { read x; echo $x; }
