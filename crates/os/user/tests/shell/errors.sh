sh -c 'if true; then' 2>/dev/null; echo $?
sh -c 'echo a; fi; echo b' 2>/dev/null; echo $?
sh -c ')' 2>/dev/null; echo $?
sh -c "echo 'unclosed" 2>/dev/null; echo $?
sh -c 'echo ${x:?message}; echo no' 2>/dev/null; echo $?
sh -c 'echo $((1/0)); echo no' 2>/dev/null; echo $?
sh -c 'nosuch; echo $?' 2>/dev/null
sh /nonexistent/script 2>/dev/null; echo $?
echo 'echo from script "$0" | wc -w; echo "$1"' > $TMP/s; sh $TMP/s arg
echo 'read x; echo "[$x]"; echo next
data' | sh
sh -c 'set -e; if true; then ! true; fi; echo compound goes on'; sh -c 'set -e; { false; }; echo no'; sh -c 'set -e; (false); echo no'; echo $?
! true; x=$?; echo $x; false; echo "$(true)" $?; false; x=$(true)$?; echo $x
