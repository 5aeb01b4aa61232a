d=$TMP/glob; mkdir -p $d/sub $d/.hid; cd $d
> a.txt; > b.txt; > c.rs; > sub/x.txt; > .dot; > 'sp ace'
echo *
echo *.txt
echo ?.rs [ab].txt [!a].txt
echo */x.txt */*
echo nothing* "*.txt" '*' \*
echo .d*
for f in s*; do echo "<$f>"; done
v='*.txt'; echo $v "$v"
echo $d/*.rs | wc -w
cd /; echo $d/[a-b]* | wc -w; rm -r $d
