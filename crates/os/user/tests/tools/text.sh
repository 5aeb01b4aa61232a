seq 3; seq 2 4; seq 5 -2 1; seq 0
seq 20 | head -n 3; seq 20 | tail -n 3; seq 20 | head -5 | tail -1
seq 5 > $TMP/n; head -n 2 $TMP/n; wc -l < $TMP/n; wc -c < $TMP/n
printf_free='no newline'; echo -n "$printf_free" | wc -c; echo; echo -n x | cat; echo
seq 30 | grep 1; seq 30 | grep -v 1 | wc -l; seq 30 | grep -c '^2'; seq 30 | grep -n '5$'
echo Hello | grep -i hello; echo Hello | grep hello; echo $?; echo x | grep -q x; echo $?
echo 'a.b' | grep 'a\.b'; echo 'axb' | grep 'a\.b'; echo 'a[b' | grep -F '[b'
echo abc | grep '[x-z]'; echo abc | grep '[^x]bc'; echo aaa | grep '^a*$'
seq 3 > $TMP/a; seq 4 6 > $TMP/b; cat $TMP/a - $TMP/b < $TMP/n | wc -l
cd $TMP; grep 1 a b n; grep -c 2 a b; cat nope 2>/dev/null; echo $?
echo 'one two  three' | wc -w
tail -n 1 a b > /dev/null; head -n1 < b
