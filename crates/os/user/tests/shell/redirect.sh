d=$TMP/redirect; mkdir -p $d; cd $d
echo one > f; echo two >> f; cat f
cat < f | wc -l
echo err >&2 2>/dev/null
{ echo out; echo err >&2; } 2>&1 | wc -l
ls /nonexistent 2>/dev/null; echo $?
ls /nonexistent > both 2>&1; wc -l < both
exec 3> three; echo to three >&3; exec 3>&-; cat three
exec 4< f; read a <&4; read b <&4; echo $b $a; exec 4<&-
echo x 2>/dev/null > /nonexistent/x || echo failed
if true; then echo in if; fi > iffile; cat iffile
for i in 1 2; do echo $i; done >> iffile; cat iffile
while read l; do echo "got $l"; done < iffile
> empty; [ -e empty ] && [ ! -s empty ] && echo empty
2>&1 echo first
cat f > copy; cat copy copy | wc -l
echo a b c | { read x y; echo "$y $x"; }
echo "a:b c" | { IFS=: read x y; echo "$x-$y"; }
printf_is_missing=1
echo noclobber >| f; cat f
(echo sub; echo sub2 >&2) > s1 2> s2; cat s1 s2
cat <> f
cd /; rm -r $d; [ -e $d ] || echo gone
